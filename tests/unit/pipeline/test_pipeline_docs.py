"""docs/pipeline.md is held against the code.

Every setting, command and exit code, and nothing that is not there.
"""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from pipeline import errors
from pipeline.cli import commands as cli
from pipeline.cli.fast_path import parse_update
from pipeline.settings import Settings

TEXT = (Path(__file__).parents[3] / "docs/pipeline.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(title: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)`", section(title), re.MULTILINE)


def written(value: object) -> str:
    """As the documents have it."""
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)?", section("Settings"), re.MULTILINE)
    )
    defaults = {
        name: written(value) for name, value in Settings._field_defaults.items()
    }
    assert rows == defaults


def test_every_setting_is_a_flag() -> None:
    flags = {parameter.name for parameter in cli.update.params}
    assert set(Settings._fields) - flags == {
        name for name in Settings._fields if name.startswith("kaggle_")
    }


def test_every_command_is_documented() -> None:
    assert sorted(name.split()[0] for name in first_cells("Commands")) == sorted(
        cli.pipeline.commands
    )


def test_every_exit_code_is_documented() -> None:
    documented = {
        name: int(code)
        for code, name in re.findall(r"^\| (\d+) \| `(\w+)`", TEXT, re.MULTILINE)
    }
    classes = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.PipelineError)
    ]
    assert documented == {
        kind.__name__: kind.exit_code
        for kind in classes
        if kind is not errors.PipelineError
    }
    assert len(set(documented.values())) == len(documented)


def test_no_line_about_a_command_is_cut_at_80_columns() -> None:
    text = CliRunner().invoke(cli.pipeline, ["--help"], terminal_width=80).output
    lines = text.split("Commands:\n")[1].splitlines()
    assert len(lines) == len(cli.pipeline.commands)
    assert not [line for line in lines if line.endswith("...")]


def test_the_flags_of_update_without_click_are_those_of_click() -> None:
    flags = {parameter.opts[0] for parameter in cli.update.params}
    for flag in flags:
        name = flag.removeprefix("--").replace("-", "_")
        assert parse_update(["update", flag, "x"]) == {name: "x"}
        assert parse_update(["update", f"{flag}=x"]) == {name: "x"}
        for words in ([flag], [flag, "-x"], [flag, "x", flag, "y"], [f"{flag}="]):
            assert parse_update(["update", *words]) is None
    for words in (["status"], ["update", "--help"], ["update", "--batch_rows", "3"]):
        assert parse_update(words) is None
