"""Versions of what the pickles depend on; read from metadata, which imports nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ..errors import StateLibrariesError

NAMES = ("numpy", "scipy", "scikit-learn", "joblib")


def read_versions() -> dict[str, str]:
    """What is installed now."""
    from importlib import metadata  # noqa: PLC0415  # slow, and not needed to know that nothing is new

    return {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        **{name: metadata.version(name) for name in NAMES},
    }


def check_versions(recorded: Mapping[str, str]) -> None:
    """Raises StateLibrariesError where scikit-learn or numpy differ in more than the last figure.

    scikit-learn promises nothing for a pickle of another version (its
    InconsistentVersionWarning), though its bugfix releases leave attributes as they
    are. joblib, scipy and pandas may be any: arrays are written as plain bytes, no
    matrix is kept, and values are hashed by CRC-32. LightGBM's trees are kept as its
    text, which newer versions read.
    """
    installed = read_versions()
    changed = [
        f"{name} {recorded.get(name)} is now {installed[name]}"
        for name in ("scikit-learn", "numpy")
        if _minor(recorded.get(name, "")) != _minor(installed[name])
    ]
    if changed:
        pins = " ".join(
            f"{name}=={recorded[name]}" for name in NAMES if name in recorded
        )
        raise StateLibrariesError(
            f"the models were written by other libraries: {', '.join(changed)}",
            hint=f"pip install {pins}; or try the models as they are, held against rows kept in the state: "
            "`--on-library-change try`; or learn everything again: `--on-library-change retrain`",
        )


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
