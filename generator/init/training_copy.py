"""The training package in a user's repository.

Copied from wfgen, with a manifest that tells edited from untouched.

A rendered job has to find `python -m pipeline` without an index, an address or a login.
So the package lies in the repository that uses it, where it can be read and changed;
`wfgen init --upgrade` replaces what nobody has edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .. import __version__
from ..errors import OutputError
from ..resources import license_text, locked_requirements, pipeline_dir
from .own_training import BUILT_IN

MANIFEST = f"{BUILT_IN}/VENDORED.json"
_ABOUT = (
    "Copied from wfgen, MIT licence (see LICENSE beside this file). Edit what you like: "
    "`wfgen init --upgrade` replaces only files that are as they were copied."
)
_LEFT_OUT = frozenset({"__pycache__", Path(MANIFEST).name})


@dataclass(frozen=True, slots=True)
class Vendored:
    """What a manifest says.

    The version of wfgen, and path -> sha256 of each file as it was copied.
    """

    version: str
    files: Mapping[str, str]


def package_files(requirements: str) -> dict[str, bytes]:
    """Path -> content of everything the built-in training brings, its manifest last.

    `requirements` is the path of the locked requirements; "" leaves them out. Raises
    WfgenError where this installation of wfgen is incomplete.
    """
    source = pipeline_dir()
    files = {
        f"{BUILT_IN}/{path.relative_to(source).as_posix()}": path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(source).parts)
    }
    files[f"{BUILT_IN}/LICENSE"] = license_text().encode()
    if requirements:
        files[requirements] = locked_requirements().encode()
    return files | {MANIFEST: _manifest(files)}


def digest(content: bytes) -> str:
    """The hash a manifest holds."""
    return sha256(content).hexdigest()


def _manifest(files: Mapping[str, bytes]) -> bytes:
    hashes = {path: digest(content) for path, content in files.items()}
    document = {"format": 1, "about": _ABOUT, "wfgen": __version__, "files": hashes}
    return (json.dumps(document, indent=2) + "\n").encode()


def read_manifest(root: Path) -> Vendored | None:
    """What was copied into a repository; None where nothing was.

    Raises OutputError for one that cannot be read.
    """
    try:
        document = json.loads((root / MANIFEST).read_bytes())
        files = {str(path): str(value) for path, value in document["files"].items()}
        version = str(document["wfgen"]) if document["format"] == 1 else ""
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{MANIFEST} cannot be read: {error}",
            hint=f"remove it if {BUILT_IN}/ is to be kept as it is",
        ) from error
    if not version or any(
        Path(path).is_absolute() or ".." in Path(path).parts for path in files
    ):
        raise OutputError(
            f"{MANIFEST} is of another format",
            hint="install the wfgen that wrote it, or a newer one",
        )
    return Vendored(version, files)
