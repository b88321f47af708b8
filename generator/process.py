"""The one door to other programs: nothing else imports subprocess.

Callers take a `Runner` as a parameter, so that a test can hand in one of its own.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .errors import ToolCutOffError, ToolMissingError

# How often a bounded program is looked at: it can take some 20 MB more in between.
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended; `exit_code` is negative where a signal ended it."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


class StreamControl:
    """A program that another thread runs, to be interrupted or killed from here.

    What is asked for before it was started is done when it is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._wanted: signal.Signals | None = None

    def interrupt(self) -> None:
        """Send it SIGINT, as Ctrl-C does: it may end in its own time."""
        with self._lock:
            if self._wanted is None:
                self._wanted = signal.SIGINT
                self._apply()

    def kill(self) -> None:
        """Kill it, with all that it started."""
        with self._lock:
            self._wanted = signal.SIGKILL
            self._apply()

    def attach(self, process: subprocess.Popen[str]) -> None:
        """Note that the program has been started."""
        with self._lock:
            self._process = process
            self._apply()

    def detach(self) -> None:
        """Note that it has ended: its number may be another's from now on."""
        with self._lock:
            self._process = None

    def _apply(self) -> None:
        if self._process is None or self._wanted is None:
            return
        if self._wanted is signal.SIGKILL:
            _kill_group(self._process)
        else:
            # Not the group: the program itself is to end what it has started.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, self._wanted)


class Runner(Protocol):
    """Runs programs."""

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input_text: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Completed:
        """Run to the end and return all output."""
        ...

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], None],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        control: StreamControl | None = None,
    ) -> Completed:
        """Run to the end, handing over each line of standard output as it comes.

        `stdout` stays empty. `control` may end it before its time.
        """
        ...


def find_tool(name: str) -> Path | None:
    """Return where a program is: beside this Python, then on PATH, None for nowhere."""
    # A virtual environment need not be on PATH for its Python to run us.
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return beside
    on_path = shutil.which(name)
    if on_path is None:
        return None
    return Path(on_path)


def require_tool(name: str, *, hint: str = "") -> Path:
    """Return where a program is; raises ToolMissingError where it is nowhere."""
    path = find_tool(name)
    if path is None:
        raise ToolMissingError(f"{name} is not installed", hint=hint)
    return path


class SystemRunner:
    """Runs programs on this machine, none of which outlives its time."""

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input_text: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Completed:
        """Run to the end and return all output.

        Raises ToolMissingError where the program cannot be started, ToolCutOffError
        where time ran out.
        """
        stdin = subprocess.PIPE
        # Without input, a program that asks for some is to end, not to wait.
        if input_text is None:
            stdin = subprocess.DEVNULL
        process = _start(argv, cwd, env, stdin=stdin)
        try:
            stdout, stderr = process.communicate(input_text, timeout=timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise _make_timeout_error(argv, timeout_seconds) from error
        finally:
            _end_group(process)
        return Completed(tuple(argv), process.returncode, stdout, stderr)

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], None],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        control: StreamControl | None = None,
    ) -> Completed:
        """Run to the end, handing over each line of standard output as it comes."""
        control = control or StreamControl()
        # A file, not a pipe: nobody has to drain it, and a program that left the group
        # cannot keep us waiting on it.
        with tempfile.TemporaryFile() as errors:
            process = _start(
                argv, cwd, env, stdin=subprocess.DEVNULL, stderr=errors.fileno()
            )
            control.attach(process)
            try:
                for line in process.stdout or ():
                    on_line(line.rstrip("\n"))
                process.wait()
            finally:
                control.detach()
                _end_group(process)
            errors.seek(0)
            stderr = errors.read().decode("utf-8", "replace")
        return Completed(tuple(argv), process.returncode, "", stderr)


class BoundedRunner(SystemRunner):
    """One whose programs may use so much processor time and memory, and no more.

    For programs that read what strangers wrote. Processor time, unlike time on the wall,
    does not run out on a machine that is busy with something else.
    """

    def __init__(self, cpu_seconds: float, memory_bytes: int) -> None:
        self._cpu_seconds = cpu_seconds
        self._memory_bytes = memory_bytes

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input_text: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Completed:
        """Run to the end and return all output.

        Raises ToolCutOffError where a bound was reached; input is for other runners.
        """
        if input_text is not None:
            raise ValueError("a bounded program gets no input")
        deadline = time.monotonic() + (timeout_seconds or threading.TIMEOUT_MAX)
        process = _start(argv, cwd, env, stdin=subprocess.DEVNULL)
        try:
            while True:
                try:
                    stdout, stderr = process.communicate(timeout=_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    self._check_bounds(process, argv)
                    if time.monotonic() > deadline:
                        raise _make_timeout_error(argv, timeout_seconds) from None
                else:
                    break
        finally:
            _end_group(process)
        return Completed(tuple(argv), process.returncode, stdout, stderr)

    def _check_bounds(
        self, process: subprocess.Popen[str], argv: Sequence[str]
    ) -> None:
        name = Path(argv[0]).name
        if _read_cpu_seconds(process.pid) > self._cpu_seconds:
            raise ToolCutOffError(
                f"{name} was stopped after {self._cpu_seconds:g} s of processor time"
            )
        if _read_memory_bytes(process.pid) > self._memory_bytes:
            megabytes = self._memory_bytes // 1_000_000
            raise ToolCutOffError(f"{name} was stopped at {megabytes} MB of memory")


class StoppableRunner(SystemRunner):
    """One that another thread can stop.

    What it streams is killed, and raises KeyboardInterrupt, as by Ctrl-C.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._controls: set[StreamControl] = set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopped

    def stop(self) -> None:
        """Stop all that is streamed now, and whatever would be later."""
        with self._lock:
            self._stopped = True
            for control in self._controls:
                control.kill()

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], None],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        control: StreamControl | None = None,
    ) -> Completed:
        """Run to the end, or until it is stopped."""
        control = control or StreamControl()
        with self._lock:
            self._controls.add(control)
            if self._stopped:
                control.kill()
        try:
            return super().stream(argv, on_line, cwd=cwd, env=env, control=control)
        finally:
            with self._lock:
                self._controls.discard(control)
                stopped = self._stopped
            if stopped:
                raise KeyboardInterrupt


def _start(
    argv: Sequence[str],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: int,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    variables = None
    if env is not None:
        variables = dict(env)
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=variables,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            errors="replace",
            # A group of its own can be killed whole, with what the program started.
            start_new_session=True,
        )
    except OSError as error:
        raise ToolMissingError(
            f"{argv[0]} cannot be started: {error.strerror}"
        ) from error


def _read_cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, 0 where it has ended.

    The clock of a process is named by its number, as in glibc's clock_getcpuclockid.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _read_memory_bytes(pid: int) -> int:
    """Return how much memory a process holds, 0 where it has ended (proc(5), statm)."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(fields[1]) * resource.getpagesize()


def _make_timeout_error(
    argv: Sequence[str], timeout_seconds: float | None
) -> ToolCutOffError:
    return ToolCutOffError(
        f"{Path(argv[0]).name} did not end within {timeout_seconds:g} s and was stopped"
    )


def _kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end_group(process: subprocess.Popen[str]) -> None:
    """Kill whatever is left of the program's process group, then reap the program."""
    _kill_group(process)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
