"""A signed state belongs to one repository, branch and workflow: a moved one is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.errors import StateTamperedError
from pipeline.settings import Settings
from pipeline.state.document import NO_ORIGIN, Origin
from pipeline.state.store import Store
from pipeline.state.verification import get_origin
from pipeline.training.update import update

SETTINGS = Settings(models=("sgd",), batch_rows=40, iterations=1, report=False)
KEY = "correct horse"
UNBOUND = {"PIPELINE_STATE_KEY": KEY}
HERE = {
    **UNBOUND,
    "GITHUB_REPOSITORY": "owner/name",
    "GITHUB_REPOSITORY_ID": "42",
    "GITHUB_REF_NAME": "main",
    "GITHUB_WORKFLOW_REF": "owner/name/.github/workflows/train.yml@refs/heads/main",
}
MOVED = {
    "repository": {"GITHUB_REPOSITORY": "other/name", "GITHUB_REPOSITORY_ID": "43"},
    "branch": {"GITHUB_REF_NAME": "feature"},
    "a pull request onto another branch": {
        "GITHUB_REF_NAME": "7/merge",
        "GITHUB_BASE_REF": "release",
    },
    "workflow": {
        "GITHUB_WORKFLOW_REF": "owner/name/.github/workflows/x.yml@refs/heads/main"
    },
}
STILL_HERE = {
    "the same": {},
    "a pull request onto the branch": {
        "GITHUB_REF_NAME": "7/merge",
        "GITHUB_BASE_REF": "main",
        "GITHUB_WORKFLOW_REF": "owner/name/.github/workflows/train.yml@refs/pull/7/merge",
    },
    "the repository renamed": {
        "GITHUB_REPOSITORY": "owner/renamed",
        "GITHUB_WORKFLOW_REF": "owner/renamed/.github/workflows/train.yml@refs/heads/main",
    },
    "nothing known, as on the own machine": dict.fromkeys(HERE.keys() - UNBOUND, ""),
}


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state signed on GitHub, with the one before it."""
    root = tmp_path_factory.mktemp("bound")
    for _ in range(2):
        update(root, SETTINGS, HERE)
    return root


def open_store(root: Path, environment: dict[str, str]) -> Store:
    return Store(root / "runtime", KEY.encode(), origin=get_origin(environment))


def test_what_is_bound_is_what_github_says() -> None:
    expected = Origin("owner/name", "42", "main", ".github/workflows/train.yml")
    assert get_origin(HERE) == expected
    assert get_origin({}) == NO_ORIGIN


@pytest.mark.parametrize("what", MOVED)
def test_a_state_that_was_moved_is_refused_until_it_is_signed_here(
    tmp_path: Path, bound: Path, what: str
) -> None:
    shutil.copytree(bound, tmp_path, dirs_exist_ok=True)
    elsewhere = {**HERE, **MOVED[what]}
    with pytest.raises(StateTamperedError, match="was signed for the"):
        update(tmp_path, SETTINGS, elsewhere)
    store = open_store(tmp_path, elsewhere)
    with pytest.raises(StateTamperedError, match="was signed for the"):
        store.rollback()
    store.sign()
    assert update(tmp_path, SETTINGS, elsewhere) == 0


@pytest.mark.parametrize("what", STILL_HERE)
def test_a_state_that_belongs_here_goes_on(
    tmp_path: Path, bound: Path, what: str
) -> None:
    shutil.copytree(bound, tmp_path, dirs_exist_ok=True)
    assert update(tmp_path, SETTINGS, {**HERE, **STILL_HERE[what]}) == 0


def test_a_binding_that_was_changed_is_no_longer_signed(
    tmp_path: Path, bound: Path
) -> None:
    shutil.copytree(bound, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "runtime/data/data_state.json"
    for origin in ({"branch": "feature"}, {}):
        document = {**json.loads(path.read_text()), "origin": origin}
        path.write_text(json.dumps(document))
        with pytest.raises(StateTamperedError, match="is not signed with the key"):
            update(tmp_path, SETTINGS, {**HERE, **MOVED["branch"]})


def test_an_older_signature_is_taken_and_said_and_bound_by_the_next_commit(
    tmp_path: Path,
) -> None:
    update(tmp_path, SETTINGS, UNBOUND)
    before = open_store(tmp_path, HERE)
    before.load()
    assert before.is_unbound
    update(tmp_path, SETTINGS, HERE)
    log = "".join(
        path.read_text() for path in (tmp_path / "runtime/logs").glob("*.log")
    )
    assert log.count("does not say where the state belongs") == 1
    store = open_store(tmp_path, HERE)
    state = store.load()
    assert state is not None
    assert not store.is_unbound
    assert state.document.origin == get_origin(HERE)
    assert state.document.previous is not None
    assert state.document.previous.origin == get_origin(HERE)


def test_the_id_does_not_depend_on_where_a_state_was_signed(
    tmp_path: Path, bound: Path
) -> None:
    shutil.copytree(bound, tmp_path, dirs_exist_ok=True)
    store = open_store(tmp_path, HERE)
    before = store.load()
    assert before is not None
    assert store.unsign() == before.state_id
    assert "origin" not in json.loads(store.document_path.read_text())
