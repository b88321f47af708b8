"""Whether rows are kept in the state, and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import SettingsError, StateTamperedError
from ..settings import Settings
from ..state.sealing import can_encrypt, seal, unseal
from ..state.verification import KEY_VARIABLE, get_signing_key

if TYPE_CHECKING:
    from ..models.population import Population

REFIT_PREFIX = "refit"


class RowKeeping(NamedTuple):
    """Whether rows are kept, encrypted with which key if any, and why not."""

    keeps: bool
    key: bytes | None = None
    reason: str = ""


def decide_row_keeping(
    settings: Settings, environment: Mapping[str, str]
) -> RowKeeping:
    """As `keep_rows` says; `auto` keeps none where strangers could read them.

    Anybody may download the artifacts of a public repository. Raises SettingsError
    where rows are to be encrypted and cannot be.
    """
    key = get_signing_key(environment)
    if not _wants_rows(settings.models):
        return RowKeeping(keeps=False)
    keeping = _decide(settings, environment, key)
    named = [name for name in settings.models if name.startswith(REFIT_PREFIX)]
    if named and not keeping.keeps and ":" not in named[0]:
        raise SettingsError(
            f"`models` names {named[0]}, which trains on kept rows, and none are kept",
            hint=keeping.reason or 'set `keep_rows = "encrypted"` or "plain"',
        )
    return keeping


def _wants_rows(models: tuple[str, ...]) -> bool:
    return any(name == "auto" or name.startswith(REFIT_PREFIX) for name in models)


def _decide(
    settings: Settings, environment: Mapping[str, str], key: bytes | None
) -> RowKeeping:
    if settings.keep_rows == "off":
        return RowKeeping(keeps=False)
    if settings.keep_rows == "plain":
        return RowKeeping(keeps=True)
    if settings.keep_rows == "encrypted":
        if key is None or not can_encrypt():
            raise SettingsError(
                'keep_rows = "encrypted" needs '
                f"{KEY_VARIABLE} and the library cryptography"
            )
        return RowKeeping(keeps=True, key=key)
    if key is not None and can_encrypt():
        return RowKeeping(keeps=True, key=key)
    if environment.get("GITHUB_ACTIONS") == "true" and not _is_private(environment):
        return RowKeeping(
            keeps=False,
            reason="no rows are kept in the state, which anybody could download from a "
            f"public repository: set the secret {KEY_VARIABLE} to keep them encrypted, "
            'or `keep_rows = "plain"`; models that are trained anew on them take no '
            "part",
        )
    return RowKeeping(keeps=True)


def _is_private(environment: Mapping[str, str]) -> bool:
    """Whether GitHub says that the repository is private; what is not known is public."""
    path = environment.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_bytes())
        return bool(event["repository"]["private"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def pack_rows(population: Population, keeping: RowKeeping) -> None:
    """Put the rows into the form that the state holds. Raises MissingLibraryError."""
    population.packed_rows = None
    if population.kept_rows is not None:
        content = population.kept_rows.pack()
        population.packed_rows = seal(content, keeping.key)


def unpack_rows(
    population: Population, settings: Settings, keeping: RowKeeping
) -> None:
    """Take the rows of a state up again, or leave them as the settings say.

    Raises StateTamperedError where they are none of ours.
    """
    from ..refit.rows import KeptRows  # noqa: PLC0415  # brings numpy

    kept = None
    if keeping.keeps:
        kept = KeptRows(settings.refit_rows, settings.seed)
        content = None
        if population.packed_rows is not None:
            content = unseal(population.packed_rows, keeping.key)
        if content is not None:
            try:
                kept = KeptRows.unpack(content)
            except ValueError as error:
                raise StateTamperedError(str(error)) from error
            kept.most_rows = settings.refit_rows
    population.set_kept_rows(kept)
    population.refit_seconds = settings.refit_seconds
