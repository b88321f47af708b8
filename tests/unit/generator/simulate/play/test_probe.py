"""The probe: a counter that behaves like a training, and hashes that git would give."""

from __future__ import annotations

import json
from pathlib import Path

from generator.simulate.play import probe
from generator.simulate.play.stores import hash_content

SITE = {"state": ["model/", "data/state.json", "w/*.pkl"], "reports": ["logs"]}


def test_the_counter_goes_on_from_what_is_there(tmp_path: Path) -> None:
    words = ["python", "x", "--iterations", "3"]
    assert probe.count(tmp_path, SITE, "1-1", words, "") == 0
    assert probe.count(tmp_path, SITE, "2-1", ["python"], "") == 0
    document = json.loads((tmp_path / "data/state.json").read_text())
    assert (document["counter"], document["run"]) == (4, "2-1")
    assert (tmp_path / "w/state.pkl").is_file()
    assert (tmp_path / "logs/counter.json").is_file()


def test_each_file_of_a_state_has_a_content_of_its_own(tmp_path: Path) -> None:
    probe.count(tmp_path, SITE, "1-1", [], "")
    files = probe.list_files(tmp_path, SITE["state"])
    assert len(files) == len(set(files.values())) == 3


def test_a_training_that_fails_leaves_half_a_state(tmp_path: Path) -> None:
    probe.count(tmp_path, SITE, "1-1", [], "")
    before = probe.list_files(tmp_path, SITE["state"])
    assert probe.count(tmp_path, SITE, "2-1", [], probe.TRAINING_FAILS) == 1
    after = probe.list_files(tmp_path, SITE["state"])
    assert not set(before.values()) & set(after.values())


def test_files_have_the_hashes_that_git_gives_them(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"hello\n")
    assert probe.hash_file(file) == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert hash_content(b"hello\n") == probe.hash_file(file)
