"""The built-in training in a user's repository: where it lies, and what of it is edited.

A rendered job has to find `python -m pipeline` without an index, an address or a login.
So the package lies in the repository that uses it, where it can be read and changed,
with a manifest that tells edited files from untouched ones; `wfgen init --upgrade`
replaces what nobody has edited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .. import __version__
from ..config.options import BY_KEY
from ..errors import OutputError
from ..resources import pipeline_dir, read_license, read_locked_requirements
from .changes import Change, FileAction, read_content

PACKAGE = "pipeline"
# It imports itself relatively, so that any name will do where the first is somebody's.
NAMES = (PACKAGE, "training", "wfgen_training")
MANIFEST = "VENDORED.json"
_MODULE_OPTION = re.compile(r"\bpython[\d.]*\s+-m\s+([A-Za-z_]\w*)(?![\w.])")
_ABOUT = (
    "Copied from wfgen, MIT licence (see LICENSE beside this file). Edit what you like: "
    "`wfgen init --upgrade` replaces only files that are as they were copied."
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The version of wfgen that was copied, and the sha256 of each file by its path."""

    version: str
    files: Mapping[str, str]


def choose_package(root: Path) -> str:
    """Return the folder that a repository has the training in, or is to have it in.

    The copy that is there; else the first name that is free.
    """
    for name in NAMES:
        if is_built_in(root, name):
            return name
    for name in NAMES:
        if _is_free(root, name):
            return name
    number = 2
    while not _is_free(root, f"{NAMES[-1]}_{number}"):
        number += 1
    return f"{NAMES[-1]}_{number}"


def find_built_in(root: Path, command: str) -> str:
    """Return the folder of the built-in training that a command starts, "" for any other.

    It need not be there yet, where the command is the one that settling in writes.
    """
    for package in _MODULE_OPTION.findall(command):
        if is_built_in(root, package):
            return str(package)
        is_known = package == PACKAGE or command == make_command(package)
        if is_known and not (root / package).exists():
            return str(package)
    return ""


def is_built_in(root: Path, package: str) -> bool:
    """Whether a folder is the built-in training: copied, or a checkout of it."""
    folder = root / package
    if (folder / MANIFEST).is_file():
        return True
    # A checkout has no manifest. Its first module says nothing but where to go on.
    main = read_content(folder / "__main__.py")
    return main is not None and main == (pipeline_dir() / "__main__.py").read_bytes()


def make_command(package: str) -> str:
    """Return the command that starts the built-in training of a folder."""
    default = str(BY_KEY["train.command"].default)
    return default.replace(f"-m {PACKAGE} ", f"-m {package} ")


def list_package_files(package: str, requirements: str) -> dict[str, bytes]:
    """Return path -> content of everything the built-in training brings, its manifest last.

    `package` is the folder it goes to, `requirements` the path of its locked
    requirements; "" leaves them out. Raises WfgenError where this installation of wfgen
    is incomplete.
    """
    source = pipeline_dir()
    files = {}
    for path in sorted(source.rglob("*")):
        parts = path.relative_to(source).parts
        if path.is_file() and "__pycache__" not in parts and MANIFEST not in parts:
            files["/".join((package, *parts))] = path.read_bytes()
    files[f"{package}/LICENSE"] = read_license().encode()
    if requirements:
        files[requirements] = read_locked_requirements().encode()
    files[f"{package}/{MANIFEST}"] = _encode_manifest(files)
    return files


def read_manifest(root: Path, package: str) -> Manifest | None:
    """Return what was copied into a folder; None where nothing was.

    Raises OutputError for a manifest that cannot be read.
    """
    place = f"{package}/{MANIFEST}"
    try:
        document = json.loads((root / place).read_bytes())
        files = {str(path): str(value) for path, value in document["files"].items()}
        version = ""
        if document["format"] == 1:
            version = str(document["wfgen"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{place} cannot be read: {error}",
            hint=f"remove it if {package}/ is to be kept as it is",
        ) from error
    if not version or not all(map(_is_inside, files)):
        raise OutputError(
            f"{place} is of another format",
            hint="install the wfgen that wrote it, or a newer one",
        )
    return Manifest(version, files)


def plan_copy(root: Path, package: str, requirements: str) -> Iterator[Change]:
    """Plan the package for a repository that has none; requirements that are there are kept."""
    are_there = bool(requirements) and (root / requirements).exists()
    copied_requirements = requirements
    if are_there:
        copied_requirements = ""
    for path, content in list_package_files(package, copied_requirements).items():
        yield Change(path, FileAction.WRITE, content)
    if are_there:
        yield Change(requirements, FileAction.KEEP)


def plan_no_upgrade(
    root: Path, package: str, manifest: Manifest, requirements: str
) -> Iterator[Change]:
    """Plan to keep a copy as it is, and say whether there is a newer one."""
    # Requirements may be edited at any time: that makes no copy an old one.
    new = list_package_files(package, _select_requirements(manifest, requirements))
    new.pop(requirements, None)
    if all(read_content(root / path) == content for path, content in new.items()):
        yield Change(f"{package}/", FileAction.SAME)
    else:
        note = f"from wfgen {manifest.version}; --upgrade replaces what you have not edited"
        yield Change(f"{package}/", FileAction.KEEP, note=note)
    if requirements:
        yield Change(requirements, FileAction.KEEP)


def plan_upgrade(
    root: Path, package: str, manifest: Manifest, requirements: str, *, force: bool
) -> Iterator[Change]:
    """Plan the package of this wfgen over the copy of another.

    Raises OutputError where a file was edited, unless `force`. Requirements that were
    edited are kept in any case.
    """
    new = list_package_files(package, _select_requirements(manifest, requirements))
    present = {path: read_content(root / path) for path in {*new, *manifest.files}}
    edited = _list_edited(new, present, manifest)
    lost = [path for path in edited if path != requirements]
    if lost and not force:
        raise OutputError(
            f"nothing was written: edited by hand: {', '.join(lost)}",
            hint="--force overwrites them",
        )
    for path, content in new.items():
        if path == requirements and path in edited:
            note = "you edited it: see what wfgen's own training needs now"
            yield Change(path, FileAction.KEEP, note=note)
        elif present[path] == content:
            yield Change(path, FileAction.SAME, content)
        else:
            yield Change(path, FileAction.WRITE, content)
    for path in sorted(set(manifest.files) - set(new)):
        untouched = _hash_content(present[path]) == manifest.files[path]
        if path != requirements and untouched:
            yield Change(path, FileAction.REMOVE)


def _list_edited(
    new: Mapping[str, bytes],
    present: Mapping[str, bytes | None],
    manifest: Manifest,
) -> list[str]:
    """Return the files that are neither as they were copied nor as they would be now."""
    edited = []
    for path, content in new.items():
        if path.endswith(f"/{MANIFEST}") or present[path] in {None, content}:
            continue
        if _hash_content(present[path]) != manifest.files.get(path):
            edited.append(path)
    return edited


def _select_requirements(manifest: Manifest, requirements: str) -> str:
    """Return the path of the requirements where they were copied too, "" for a user's own."""
    if requirements in manifest.files:
        return requirements
    return ""


def _is_free(root: Path, name: str) -> bool:
    """Whether a new folder takes no name away, nor hides a module of the repository."""
    return not (root / name).exists() and not (root / f"{name}.py").exists()


def _hash_content(content: bytes | None) -> str:
    return sha256(content or b"").hexdigest()


def _encode_manifest(files: Mapping[str, bytes]) -> bytes:
    hashes = {path: _hash_content(content) for path, content in files.items()}
    document = {"format": 1, "about": _ABOUT, "wfgen": __version__, "files": hashes}
    return (json.dumps(document, indent=2) + "\n").encode()


def _is_inside(path: str) -> bool:
    """Whether a manifest's path stays below the root."""
    return not Path(path).is_absolute() and ".." not in Path(path).parts
