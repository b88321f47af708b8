"""Stubs: what a step does instead of its own work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import SettingsError
from generator.process import SystemRunner
from generator.testing.stubs import Stub, apply_stubs

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)


def make_data() -> dict[str, Any]:
    steps = [
        {"name": "Fetch", "uses": "a/b@v1", "with": {"x": 1}, "if": "always()"},
        {"id": "train", "run": "python train.py"},
    ]
    return {"jobs": {"a": {"steps": steps}}}


def test_a_stub_keeps_all_but_the_work_of_its_step() -> None:
    data = make_data()
    apply_stubs(data, {"Fetch": Stub(), "train": Stub(exit_code=3)})
    fetch, train = data["jobs"]["a"]["steps"]
    assert set(fetch) == {"name", "if", "run", "shell"}
    assert train["run"] == "exit 3\n"


def test_a_step_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match="'Trian'") as caught:
        apply_stubs(make_data(), {"Trian": Stub()})
    assert caught.value.hint == "there are: Fetch, train"


@given(text=TEXT, value=TEXT)
def test_any_text_comes_out_as_it_was_given(
    text: str, value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stub")
    stub = Stub(outputs={"out": value}, files={"a b/c": text})
    environment = {"PATH": "/usr/bin:/bin", "GITHUB_OUTPUT": str(folder / "out")}
    argv = ["sh", "-c", stub.write_script()]
    done = SystemRunner().run(argv, cwd=folder, env=environment)
    assert done.exit_code == 0, done.stderr
    assert Path(folder, "a b/c").read_text("utf-8") == text
    assert f"\n{value}\n" in Path(folder, "out").read_text("utf-8")
