"""Programs are run whole, fed, drained and never outlive their time."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from generator.errors import ToolCutOffError, ToolFailedError, ToolMissingError
from generator.process import (
    BoundedRunner,
    StoppableRunner,
    StreamControl,
    SystemRunner,
    find_tool,
    require_tool,
)

PAUSE = "import time; time.sleep(60)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def alive(pid: int) -> bool:
    try:
        # A killed orphan may wait a moment for its new parent: a zombie does nothing any more.
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


def test_run_gives_back_output_and_exit_code() -> None:
    completed = SystemRunner().run(
        python("import sys; print(input()); print('no', file=sys.stderr); sys.exit(7)"),
        input_text="in",
    )
    assert (completed.exit_code, completed.stdout, completed.stderr) == (
        7,
        "in\n",
        "no\n",
    )


def test_run_passes_only_the_environment_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAGGLE_KEY", "leak")
    completed = SystemRunner().run(
        python("import os; print(os.environ.get('KAGGLE_KEY'))"),
        env={"PATH": os.environ["PATH"]},
    )
    assert completed.stdout == "None\n"


def test_output_that_is_no_utf8_does_not_stop_the_run() -> None:
    completed = SystemRunner().run(
        python("import sys; sys.stdout.buffer.write(b'a\\xff\\n')")
    )
    assert completed.stdout == "a\N{REPLACEMENT CHARACTER}\n"


def test_stream_hands_over_lines_as_they_come() -> None:
    seen: list[tuple[str, float]] = []
    SystemRunner().stream(
        python(
            "import time; print('first', flush=True); time.sleep(.5); print('second')"
        ),
        lambda line: seen.append((line, time.monotonic())),
    )
    assert [line for line, _ in seen] == ["first", "second"]
    assert seen[1][1] - seen[0][1] > 0.25


def test_stream_does_not_wait_for_ever_on_a_program_that_fills_standard_error() -> None:
    completed = SystemRunner().stream(
        python("import sys; sys.stderr.write('x' * 1_000_000); print('end')"),
        lambda _line: None,
    )
    assert (completed.exit_code, len(completed.stderr)) == (0, 1_000_000)


def test_a_program_out_of_time_is_stopped_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "child"
    argv = python(
        "import subprocess, sys, time, pathlib;"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(60)"
    )
    with pytest.raises(ToolFailedError, match=r"did not end within 2 s"):
        SystemRunner().run(argv, timeout_seconds=2)
    assert wait_until_gone(int(note.read_text()))


LONG = "import time; print('began', flush=True); time.sleep(60)"
POLITE = f"""
try:
    {LONG}
except KeyboardInterrupt:
    print("ended in its own way", flush=True)
"""


@pytest.mark.usefixtures("heed_sigint")
@pytest.mark.parametrize(
    ("way", "said"),
    [("interrupt", ["began", "ended in its own way"]), ("kill", ["began"])],
)
def test_what_is_streamed_can_be_interrupted_and_killed(
    way: str, said: list[str]
) -> None:
    control = StreamControl()
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        if line == "began":
            threading.Thread(target=getattr(control, way)).start()

    SystemRunner().stream(python(POLITE), on_line, control=control)
    assert lines == said


def test_one_that_is_killed_before_it_begins_ends_at_once() -> None:
    control = StreamControl()
    control.kill()
    completed = SystemRunner().stream(python(LONG), lambda _: None, control=control)
    assert completed.exit_code < 0


def test_what_a_program_leaves_behind_is_stopped_when_it_ends() -> None:
    completed = SystemRunner().run(
        python(
            "import subprocess, sys;"
            "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
            "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
        )
    )
    assert wait_until_gone(int(completed.stdout))


def test_a_child_that_left_the_group_with_the_pipes_open_is_not_waited_for() -> None:
    began = time.monotonic()
    completed = SystemRunner().stream(
        python(
            "import subprocess, sys\n"
            "quiet = {'stdout': subprocess.DEVNULL, 'start_new_session': True}\n"
            "subprocess.Popen(['sleep', '30'], **quiet)\n"
            "sys.exit(4)"
        ),
        lambda _line: None,
    )
    assert completed.exit_code == 4
    assert time.monotonic() - began < 25


def test_an_error_in_the_reader_ends_the_program(tmp_path: Path) -> None:
    def fail(line: str) -> None:
        (tmp_path / "pid").write_text(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SystemRunner().stream(
            python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"),
            fail,
        )
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_missing_program_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(
        ToolMissingError, match="no-such-tool is not installed"
    ) as caught:
        require_tool("no-such-tool")
    assert "wfgen doctor" in caught.value.hint
    with pytest.raises(ToolMissingError, match="cannot be started"):
        SystemRunner().run(["/no/such/tool"])


def test_a_tool_is_found_beside_this_python_before_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python3").write_text("#!/bin/sh\n")
    (tmp_path / "python3").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert find_tool("python3") == tmp_path / "python3"
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside/python3").write_text("#!/bin/sh\n")
    (tmp_path / "beside/python3").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside/python"))
    assert find_tool("python3") == tmp_path / "beside/python3"


def test_what_is_streamed_can_be_stopped_from_elsewhere() -> None:
    runner = StoppableRunner()
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        threading.Thread(target=runner.stop).start()

    with pytest.raises(KeyboardInterrupt):
        runner.stream(
            python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"),
            on_line,
        )
    assert wait_until_gone(int(lines[0]))
    # One that was stopped starts nothing that lasts.
    with pytest.raises(KeyboardInterrupt):
        runner.stream(python("import time; time.sleep(60)"), lines.append)


def test_one_that_nobody_stops_is_like_any_other() -> None:
    lines: list[str] = []
    assert StoppableRunner().stream(python("print('x')"), lines.append).exit_code == 0
    assert lines == ["x"]


def test_a_bounded_program_gives_back_output_and_exit_code() -> None:
    code = (
        "import sys; print('x' * 1_000_000); print('no', file=sys.stderr); sys.exit(7)"
    )
    completed = BoundedRunner(30, 10**9).run(python(code))
    assert (completed.exit_code, len(completed.stdout), completed.stderr) == (
        7,
        1_000_001,
        "no\n",
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("while True: pass", "stopped after 0.5 s of processor time"),
        ("x = [bytes(10**6) for _ in iter(int, 1)]", "stopped at 60 MB of memory"),
    ],
)
def test_a_bounded_program_is_stopped(code: str, words: str, tmp_path: Path) -> None:
    # What it holds would be seen to grow for ever; its child is stopped with it.
    child = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {PAUSE!r}])"
    note = f"open('pid', 'w').write(str(p.pid))\n{code}"
    began = time.monotonic()
    with pytest.raises(ToolCutOffError, match=words):
        BoundedRunner(0.5, 60_000_000).run(python(f"{child}\n{note}"), cwd=tmp_path)
    assert time.monotonic() - began < 30
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_bounded_program_that_only_waits_runs_out_of_time() -> None:
    with pytest.raises(ToolCutOffError, match=r"did not end within 0\.2 s"):
        BoundedRunner(30, 10**9).run(python(PAUSE), timeout_seconds=0.2)
