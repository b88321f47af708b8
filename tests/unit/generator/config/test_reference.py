"""The settings as they are described: held against the code, so that no page drifts from it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from generator.cli import main
from generator.config import reference
from generator.config.options import BY_KEY, OPTIONS, RETENTION, TRAIN_LOOP, Option
from generator.config.settings import Flags, load
from generator.rendering.phrases import LANGUAGES
from generator.rendering.render import render_all
from generator.rendering.workflow_docs import TEMPLATES, render_docs

ROOT = Path(__file__).parents[4]


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_the_documented_table_is_that_of_the_code() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert reference.format_table() in page, (
        "`make docs` brings docs/settings.md up to date"
    )


def test_the_published_schema_is_that_of_the_code() -> None:
    published = (ROOT / "docs" / "settings.schema.json").read_text(encoding="utf-8")
    assert published == reference.format_schema(), (
        "`make docs` brings docs/settings.schema.json up to date"
    )


def test_the_example_of_the_page_is_valid_by_schema_and_by_code(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    jsonschema_rs.validator_for(json.loads(reference.format_schema())).validate(
        tomllib.loads(example)
    )
    (tmp_path / "wfgen.toml").write_text(example, encoding="utf-8")
    settings = load(tmp_path, {})
    assert settings[TRAIN_LOOP] == "each"


@pytest.mark.parametrize(
    "bad", ["iteration = 3", "retention = 91", "triggers.pusch = true", "branches = []"]
)
def test_the_schema_refuses_what_the_code_refuses(bad: str) -> None:
    assert not jsonschema_rs.validator_for(
        json.loads(reference.format_schema())
    ).is_valid(tomllib.loads(bad))


def test_every_default_can_be_written_as_it_is_shown(tmp_path: Path) -> None:
    lines = [
        f"{option.key} = {reference.format_toml(option.default)}"
        for option in OPTIONS
        if option.default is not None
    ]
    (tmp_path / "wfgen.toml").write_text("\n".join(lines), encoding="utf-8")
    assert load(tmp_path, {}).digest == load(tmp_path / "nowhere", {}).digest


def test_settings_show_value_and_source_within_80_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wfgen.toml").write_text(
        "iterations = 9\nname = 'A rather long name of a workflow, which goes on'\n"
    )
    monkeypatch.setenv("WFGEN_RETENTION", "7")
    monkeypatch.setenv("COLUMNS", "80")
    assert wfgen("settings", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    own = [line for line in lines if not line.startswith("pipeline.")]
    assert len(own) == len(OPTIONS)
    assert len(lines) > len(own)
    shown = {line.split("=")[0].strip(): line for line in lines}
    assert shown["iterations"].endswith("= 9  # wfgen.toml:1")
    assert shown["retention"].endswith("= 7  # environment WFGEN_RETENTION")
    assert "(inherits)" in shown["train.timeout"]


def test_settings_as_json_are_uncut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("settings", "--json", str(tmp_path)) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["settings"]["branches"] == {"value": ["main"], "source": "default"}
    assert len(data["settings"]) == len(OPTIONS)


def test_only_one_form_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert wfgen("settings", "--json", "--schema") == 2
    assert "give one of" in capsys.readouterr().err


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_every_setting_is_documented_in_both_languages(option: Option[object]) -> None:
    english, russian = (option.describe(language) for language in LANGUAGES)
    assert english.endswith(".")
    assert not re.search("[\u0400-\u04ff]", english)
    assert russian.endswith(".")
    assert re.search("[\u0400-\u04ff]", russian), (
        f"{option.key} needs a sentence in Russian in generator/config/options.py"
    )


def test_the_page_of_a_workflow_describes_each_setting_that_was_changed(
    tmp_path: Path,
) -> None:
    flags: Flags = {"retention": ("f", 7), "steps.after_train": ("f", {"run": "x"})}
    settings = load(tmp_path, {}, flags)
    files = render_all(settings, tmp_path)
    for language, template in TEMPLATES.items():
        page = render_docs(template, "docs/x.md", settings, tmp_path, files).text
        for option in (RETENTION, BY_KEY["steps.after_train"]):
            assert f"- `{option.key}`: {option.describe(language)}\n" in page
        assert "- `iterations`: " not in page


def test_the_table_of_a_page_is_replaced_and_nothing_else() -> None:
    page = (ROOT / reference.PAGE).read_text(encoding="utf-8")
    stale = page.replace("| `iterations` |", "| `iteration` |")
    assert stale != page
    assert reference.update_page(stale) == page


def test_settings_of_the_training_are_shown_and_their_mistakes_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wfgen.toml"
    file.write_text('[pipeline]\ntypes = {zip = "text"}\n', encoding="utf-8")
    assert wfgen("settings", str(tmp_path)) == 0
    out = capsys.readouterr().out
    assert 'pipeline.types = {zip = "text"}  # wfgen.toml\n' in out
    assert 'pipeline.source = "sample"\n' in out
    assert wfgen("settings", "--json", str(tmp_path)) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["pipeline"]["types"]["value"] == {"zip": "text"}
    assert data["pipeline"]["batch_rows"]["source"] == "default"
    file.write_text("[pipeline]\nbatch_row = 7\n", encoding="utf-8")
    assert wfgen("settings", str(tmp_path)) == 2
    assert "wfgen.toml: [pipeline] has no setting 'batch_row'" in (
        capsys.readouterr().err
    )
