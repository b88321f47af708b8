"""The population of a stored state, for a run with the settings of today."""

from __future__ import annotations

from ..errors import SettingsError
from ..features.schema import Schema
from ..missing_words import resolve_words
from ..models.population import Population
from ..program import COMMAND
from ..settings import Settings
from ..state.pickles import load_instance
from ..state.verification import State
from .row_keeping import RowKeeping, unpack_rows

START_OVER = f"or start over: `{COMMAND} reset`"


def restore_population(
    state: State, settings: Settings, target: str, keeping: RowKeeping
) -> Population:
    """Unpickle the population of a state.

    Raises SettingsError where the settings want another one than it is, and
    StateTamperedError where the file holds none.
    """
    document = state.document
    if document.models != settings.models:
        raise SettingsError(
            f"the state holds the candidates {', '.join(document.models)}, "
            f"the settings say {', '.join(settings.models)}",
            hint=f"set `models` back, {START_OVER}",
        )
    population = load_instance(
        Population, state.population, document.population, settings.models
    )
    population.upgrade()
    unpack_rows(population, settings, keeping)
    _check_schema(population.schema, settings, target)
    return population


def _check_schema(schema: Schema, settings: Settings, target: str) -> None:
    if schema.target != target:
        raise SettingsError(
            f"the state predicts {schema.target!r}, the settings say {target!r}",
            hint=f"set `target` back, {START_OVER}",
        )
    left_out = {*settings.ignore, settings.time, settings.key}
    removed = sorted(left_out & set(schema.names))
    if removed:
        names = ", ".join(map(repr, removed))
        raise SettingsError(
            f"the state was trained on {names}, "
            "which `ignore`, `time` or `key` leave out now",
            hint=f"set them back, {START_OVER}",
        )
    _check_reading(schema, settings)
    if settings.task not in {"auto", schema.task}:
        raise SettingsError(
            f"the state holds a {schema.task} task, the settings say {settings.task}",
            hint=f"set `task` back, {START_OVER}",
        )


def _check_reading(schema: Schema, settings: Settings) -> None:
    """A column is read one way for good."""
    kinds = {column.name: column.kind for column in schema.columns}
    for name, kind in settings.types:
        if kinds.get(name, kind) != kind:
            raise SettingsError(
                f"the state reads {name!r} as {kinds[name]}, `types` says {kind}",
                hint=f"set `types` back, {START_OVER}",
            )
    if schema.missing_words != resolve_words(settings.missing):
        raise SettingsError(
            "the state was trained with other words for missing than `missing` says",
            hint=f"set `missing` back, {START_OVER}",
        )
