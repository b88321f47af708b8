"""Versions of what the pickles depend on; read from metadata, which imports nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ..errors import StateLibrariesError

NAMES = ("numpy", "scipy", "scikit-learn", "joblib")
# Those whose minor version decides whether a pickle may be read.
DECISIVE = ("scikit-learn", "numpy")


def read_versions() -> dict[str, str]:
    """Read what is installed now."""
    # Slow, and not needed to know that nothing is new.
    from importlib import metadata  # noqa: PLC0415

    versions = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in NAMES:
        versions[name] = metadata.version(name)
    return versions


def check_versions(recorded: Mapping[str, str]) -> None:
    """Check that scikit-learn and numpy are those of the state but for the last digit.

    scikit-learn promises nothing for a pickle of another version (its
    InconsistentVersionWarning), though its bugfix releases leave attributes as they
    are. joblib, scipy and pandas may be any: arrays are written as bytes, no matrix is
    kept, and values are hashed by CRC-32. LightGBM's trees are kept as its text, which
    newer versions read.

    Raises StateLibrariesError.
    """
    installed = read_versions()
    changed = []
    for name in DECISIVE:
        version = recorded.get(name, "")
        if _get_minor(version) != _get_minor(installed[name]):
            changed.append(f"{name} {recorded.get(name)} is now {installed[name]}")
    if not changed:
        return
    pins = " ".join(f"{name}=={recorded[name]}" for name in NAMES if name in recorded)
    raise StateLibrariesError(
        f"the models were written by other libraries: {', '.join(changed)}",
        hint=f"pip install {pins}; or try the models as they are, compared with the "
        "predictions recorded in the state: `--on-library-change try`; "
        "or train on everything again: `--on-library-change retrain`",
    )


def _get_minor(version: str) -> list[str]:
    return version.split(".")[:2]
