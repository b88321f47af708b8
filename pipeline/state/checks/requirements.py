"""How a check says that a part of a state is not as ours are."""

from __future__ import annotations

import pickle


def require(holds: object, what: str) -> None:
    """Raise UnpicklingError, which says what does not hold."""
    if not holds:
        raise make_error(what)


def make_error(what: str) -> pickle.UnpicklingError:
    """Make the error for a part that is not as ours are."""
    return pickle.UnpicklingError(f"it holds {what} of another kind than ours")
