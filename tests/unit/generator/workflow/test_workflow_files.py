"""Which workflow files a repository has, and which one is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import SettingsError
from generator.workflow.files import find_workflow


def test_the_workflow_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    with pytest.raises(SettingsError, match="none"):
        find_workflow(tmp_path, None)
    (folder / "a.yml").touch()
    only = Path(".github/workflows/a.yml")
    assert find_workflow(tmp_path, None) == only
    (folder / "b.yaml").touch()
    with pytest.raises(SettingsError, match="which workflow"):
        find_workflow(tmp_path, None)
    assert [
        find_workflow(tmp_path, Path(name))
        for name in ("a", "a.yml", str(only), str(tmp_path / only))
    ] == [only] * 4
    assert find_workflow(tmp_path, Path("b")).name == "b.yaml"
    with pytest.raises(SettingsError, match="there is no workflow"):
        find_workflow(tmp_path, Path("c"))
    (tmp_path / "elsewhere.yml").touch()
    with pytest.raises(SettingsError, match="outside"):
        find_workflow(tmp_path / ".github", tmp_path / "elsewhere.yml")
