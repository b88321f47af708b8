"""Loading the model that predicts: libraries and candidates are checked before."""

from __future__ import annotations

from collections.abc import Sequence

from ..choice.champion import Champion
from ..errors import SettingsError, StateLibrariesError
from ..settings import Settings
from ..state.compatibility import check_versions
from ..state.document import BEST
from ..state.pickles import load_instance
from ..state.prediction_check import try_state
from ..state.store import Store
from ..state.verification import State, describe_missing_state

DEFAULTS = Settings()


def check_libraries(state: State, settings: Settings = DEFAULTS) -> str:
    """Say whether the libraries are those of the state.

    Raises StateLibrariesError, after a try where the settings want one.
    """
    try:
        check_versions(state.document.libraries)
    except StateLibrariesError:
        if settings.on_library_change != "try":
            raise
        return "others than recorded; " + try_state(state, settings.models)
    return "as recorded"


def check_own_candidates(state: State, models: Sequence[str]) -> None:
    """Refuse a state with candidates of the user's own that the settings do not name.

    The state's word alone imports nothing: whoever can write a state could name any
    module.
    """
    unnamed = [
        name for name in state.document.metrics if ":" in name and name not in models
    ]
    if unnamed:
        raise SettingsError(
            f"the state holds {', '.join(unnamed)}, which `models` does not name",
            hint="name it in the settings, or with `--models`, "
            "if that code is yours: it is imported",
        )


def load_champion(store: Store, settings: Settings = DEFAULTS) -> Champion:
    """Load the model that predicts, after every check.

    The user's own candidates are imported as for `verify_state`.
    """
    state = store.load()
    if state is None:
        raise describe_missing_state(store.runtime)
    check_own_candidates(state, settings.models)
    check_libraries(state, settings)
    return load_instance(Champion, state.champion, BEST, settings.models)
