"""Variables: names in capitals, and one variable a name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from generator.github.core.clock import SteerableClock
from generator.github.storage.database import Database
from generator.github.storage.variables import VariableStore, VariableTakenError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> SteerableClock:
    return SteerableClock(NOON, frozen=True)


@pytest.fixture
def variables(tmp_path: Path, clock: SteerableClock) -> Iterator[VariableStore]:
    database = Database(tmp_path / "github.sqlite3")
    yield VariableStore(database, clock)
    database.close()


def test_names_are_found_in_any_case(variables: VariableStore) -> None:
    created = variables.create("Region", "eu")
    assert (created.name, created.value, created.created_at) == ("REGION", "eu", NOON)
    assert variables.get("region") == created
    with pytest.raises(VariableTakenError):
        variables.create("REGION", "us")


def test_an_update_keeps_when_it_was_created(
    variables: VariableStore, clock: SteerableClock
) -> None:
    variables.create("B", "1")
    variables.create("A", "2")
    clock.advance(timedelta(hours=1))
    updated = variables.update("b", "b", "3")
    assert (updated.value, updated.created_at) == ("3", NOON)
    assert updated.updated_at == NOON + timedelta(hours=1)
    assert [variable.name for variable in variables.list_all()] == ["A", "B"]


def test_what_is_not_there_is_a_key_error(variables: VariableStore) -> None:
    variables.create("A", "1")
    variables.delete("a")
    assert variables.list_all() == []
    with pytest.raises(KeyError):
        variables.get("A")
    with pytest.raises(KeyError):
        variables.update("A", "A", "2")
    with pytest.raises(KeyError):
        variables.delete("A")
