"""Filters of the stores: each field narrows, None leaves it free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from generator.github.core.clock import SteerableClock
from generator.github.core.models import NewRun
from generator.github.storage.artifacts import (
    ArtifactFilter,
    ArtifactStore,
    NewArtifact,
)
from generator.github.storage.caches import (
    CacheFilter,
    CacheName,
    CacheOrder,
    CacheStore,
)
from generator.github.storage.database import Conditions, Database
from generator.github.storage.files.blobs import BlobStore
from generator.github.storage.runs import RunFilter, RunStore
from generator.github.storage.workflows import WorkflowStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> SteerableClock:
    return SteerableClock(NOON, frozen=True)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "github.sqlite3")
    yield database
    database.close()


@pytest.fixture
def runs(database: Database, clock: SteerableClock) -> RunStore:
    """Three runs: a push and a schedule of one workflow, an hour apart, and of another."""
    store = RunStore(database, clock, WorkflowStore(database, clock), "a/b")
    store.begin(NewRun("w.yml", "W", "push", "main", "a" * 40, {}))
    clock.advance(HOUR)
    store.begin(NewRun("w.yml", "W", "schedule", "dev", "b" * 40, {}))
    other = store.begin(NewRun("x.yml", "X", "push", "dev", "b" * 40, {}))
    store.finish(other.id, "failure")
    return store


def test_conditions_without_a_term_ask_for_all_rows() -> None:
    conditions = Conditions()
    conditions.require_equal("name", None)
    assert conditions.complete("SELECT 1 FROM t").split() == [
        "SELECT",
        "1",
        "FROM",
        "t",
    ]
    conditions.require_equal("name", "x' OR 1=1")
    query = conditions.complete("SELECT 1 FROM t", "ORDER BY id")
    assert query == "SELECT 1 FROM t WHERE name = ? ORDER BY id"
    assert conditions.parameters == ["x' OR 1=1"]


@pytest.mark.parametrize(
    ("run_filter", "places"),
    [
        (RunFilter(), [0, 1, 2]),
        (RunFilter(workflow_id=1), [0, 1]),
        (RunFilter(event="push"), [0, 2]),
        (RunFilter(head_branch="dev"), [1, 2]),
        (RunFilter(head_sha="a" * 40), [0]),
        (RunFilter(status_or_conclusion="in_progress"), [0, 1]),
        (RunFilter(status_or_conclusion="failure"), [2]),
        (RunFilter(created_from=NOON + HOUR), [1, 2]),
        (RunFilter(created_before=NOON + HOUR), [0]),
        (RunFilter(event="push", head_branch="dev"), [2]),
        (RunFilter(event="x' OR 1=1 --"), []),
    ],
)
def test_runs_are_listed_counted_and_paged_by_the_same_filter(
    runs: RunStore, run_filter: RunFilter, places: list[int]
) -> None:
    everything = runs.list_runs()
    expected = [everything[place] for place in places]
    assert runs.list_runs(run_filter) == expected
    assert runs.count_runs(run_filter) == len(expected)
    newest_first = list(reversed(expected))
    assert runs.list_newest(run_filter, 0, 10) == newest_first
    assert runs.list_newest(run_filter, 1, 1) == newest_first[1:2]


def test_jobs_are_of_one_attempt_or_of_all(runs: RunStore) -> None:
    run = runs.list_runs()[2]
    first = runs.record_job(run, "build", "failure", [])
    second = runs.record_job(runs.begin_attempt(run.id), "build", "success", [])
    assert runs.list_jobs(run.id) == [first, second]
    assert runs.list_jobs(run.id, 2) == [second]
    assert runs.get_job(first.id) == first
    with pytest.raises(KeyError):
        runs.get_job(1)


def test_artifacts_are_listed_counted_and_paged_by_the_same_filter(
    tmp_path: Path, database: Database, clock: SteerableClock, runs: RunStore
) -> None:
    store = ArtifactStore(database, BlobStore(tmp_path), clock)
    first, second, _ = runs.list_runs()
    for run, name in ((first, "a"), (first, "b"), (second, "a")):
        new = NewArtifact(run.id, 1, "job", name, "application/zip", 1)
        store.finish(store.create(new).id)
    store.create(NewArtifact(second.id, 1, "job", "pending", "application/zip", 1))
    everything = store.list_finished()
    assert [artifact.name for artifact in everything] == ["a", "b", "a"]
    for artifact_filter, expected in (
        (ArtifactFilter(run_id=first.id), everything[:2]),
        (ArtifactFilter(name="a"), [everything[0], everything[2]]),
        (ArtifactFilter(run_id=second.id, name="b"), []),
        (ArtifactFilter(blob=everything[1].blob), [everything[1]]),
    ):
        assert store.list_finished(artifact_filter) == expected
        assert store.count_finished(artifact_filter) == len(expected)
        assert store.list_newest(artifact_filter, 0, 9) == expected[::-1]


def test_caches_are_listed_by_key_prefix_ref_and_age(
    tmp_path: Path, database: Database, clock: SteerableClock
) -> None:
    store = CacheStore(database, BlobStore(tmp_path), clock)
    for key, ref, size in (
        ("pip_1", "main", 3),
        ("pipx1", "dev", 2),
        ("npm", "dev", 1),
    ):
        store.finish(store.create(CacheName(key, "v", ref)).id, size)
        clock.advance(HOUR)

    def list_keys(
        cache_filter: CacheFilter, order: CacheOrder = CacheOrder.CREATED
    ) -> list[str]:
        return [cache.key for cache in store.list_finished(cache_filter, order)]

    # An underscore is no wildcard, and case counts.
    assert list_keys(CacheFilter(key_prefix="pip_")) == ["pip_1"]
    assert list_keys(CacheFilter(key_prefix="PIP")) == []
    assert list_keys(CacheFilter(key="npm")) == ["npm"]
    assert list_keys(CacheFilter(ref="dev")) == ["pipx1", "npm"]
    assert list_keys(CacheFilter(unused_since=NOON + HOUR)) == ["pip_1", "pipx1"]
    assert list_keys(CacheFilter(), CacheOrder.SIZE) == ["npm", "pipx1", "pip_1"]
