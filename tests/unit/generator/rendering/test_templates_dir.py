"""Templates of the user's: they extend ours, cannot reach out, and a fault in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.config.settings import load
from generator.errors import SettingsError
from generator.rendering.render import render_all

EXTENDS = '<% extends "wfgen/train.yml.j2" %>\n'


def rendered(
    root: Path, template: str, name: str = "train.yml.j2", settings: str = ""
) -> str:
    (root / "mine").mkdir(exist_ok=True)
    (root / "mine" / name).write_text(template, encoding="utf-8")
    (root / "wfgen.toml").write_text(
        f"templates_dir = 'mine'\n{settings}", encoding="utf-8"
    )
    files = {file.template: file.text for file in render_all(load(root, {}), root)}
    return files[name]


def test_a_block_can_be_replaced_and_its_parent_kept(tmp_path: Path) -> None:
    text = rendered(
        tmp_path,
        EXTENDS
        + "<% block train %>\n\n      - run: make\n<%= super() %><% endblock %>",
    )
    assert "      - run: make\n" in text
    assert "      - name: Train\n" in text
    assert "      - name: Find the state of an earlier run\n" in text


@pytest.mark.parametrize(
    ("block", "times"),
    [
        ("setup", 2),
        ("train", 1),
        ("upload_state", 1),
        ("upload_logs", 1),
        ("summary", 1),
    ],
)
def test_members_side_by_side_have_the_same_blocks(
    block: str, times: int, tmp_path: Path
) -> None:
    template = f"{EXTENDS}<% block {block} %>\n      - run: echo ours\n<% endblock %>"
    fanout = "fanout = {members = 2, merge = 'make merged'}\n"
    assert (
        rendered(tmp_path, template, settings=fanout).count("      - run: echo ours\n")
        == times
    )


def test_a_template_of_ones_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    text = rendered(tmp_path, "# for <%= name | yaml %>\n")
    assert text.endswith('# for "Incremental training"\n')


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("on: push\n\nx: <%= nothing %>\n", "train.yml.j2:3: 'nothing' is undefined"),
        ("on: push\n<% if %>\n", "train.yml.j2:2: Expected an expression"),
        ("<% extends 'wfgen/none.j2' %>", "there is no template wfgen/none.j2"),
        (
            "\nx: <%= artifacts.modle.name %>",
            "train.yml.j2:2: 'dict object' has no attribute 'modle'",
        ),
        ("x: <%= name | nofilter %>", "train.yml.j2:1: No filter named 'nofilter'"),
        (
            "x: <%= ''.__class__.__mro__ %>",
            "train.yml.j2:1: access to attribute '__class__' of 'str' object is unsafe",
        ),
        ("x: <%= branches.__class__.__base__.__subclasses__() %>", "is unsafe"),
        (
            "x: <%= pin('nobody/nothing') %>",
            "train.yml.j2:1: there is no pin of nobody/nothing",
        ),
        ("<% extends 'train.yml.j2' %>", "train.yml.j2 extends or includes itself"),
        (
            "x: y\n<% include 'train.yml.j2' %>",
            "train.yml.j2 extends or includes itself",
        ),
        ("x: <%= 1 / 0 %>", "train.yml.j2:1: division by zero"),
    ],
)
def test_a_fault_names_template_line_and_value(
    template: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        rendered(tmp_path, template)
    assert said in caught.value.message


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "wfgen.toml").write_text("templates_dir = 'none'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="is no folder"):
        render_all(load(tmp_path, {}), tmp_path)


@pytest.mark.parametrize("damage", [b"", b"\x00", b"junk" * 100, None])
def test_a_damaged_cache_of_templates_is_made_anew(
    damage: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(cache))
    good = render_all(load(tmp_path, {}), tmp_path)
    for file in cache.iterdir():
        content = file.read_bytes()
        file.write_bytes(
            content[: len(content) // 2] if damage is None else content[:30] + damage
        )
    assert render_all(load(tmp_path, {}), tmp_path) == good
    assert render_all(load(tmp_path, {}), tmp_path) == good


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert render_all(load(tmp_path, {}), tmp_path)


def test_without_a_home_there_is_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WFGEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nowhere(self: Path) -> Path:
        raise RuntimeError(f"Could not determine home directory for {self}")

    monkeypatch.setattr(Path, "expanduser", nowhere)
    assert render_all(load(tmp_path, {}), tmp_path)
