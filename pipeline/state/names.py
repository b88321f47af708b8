"""Names of this package's classes in a pickle: the same wherever the package lives.

A checkout has it as `pipeline`, a wheel inside a package of its own, and a repository that copied it under any name.
"""

from __future__ import annotations

from ..program import PACKAGE

STORED = "pipeline"
"""What stands for this package in every state, whatever its name is here."""


def is_own(module: str) -> bool:
    """Whether a module is one of this package's."""
    return f"{module}.".startswith(f"{PACKAGE}.")


def stored_module(module: str) -> str:
    """The name in a pickle of a module of this package."""
    return STORED + module.removeprefix(PACKAGE)


def local_module(stored: str) -> str:
    """The name here of a module named in a pickle; that of any other package is the same."""
    if f"{stored}.".startswith(f"{STORED}."):
        return PACKAGE + stored.removeprefix(STORED)
    return stored
