"""Files, folders, globs and URLs as an ordered set of tables."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, cast

from pipeline.errors import MissingLibraryError, SourceError
from pipeline.sources.archives import zip_members
from pipeline.sources.members import Member, Opener, hidden, member_of, natural
from pipeline.sources.tables import Files

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".zip", ".parquet", ".pq")


def files(source: str, root: Path) -> Files:
    """The tables that a path, folder, glob or URL names. Raises SourceError where there are none."""

    def find() -> list[tuple[str, int, Opener]]:
        return _remote(source) if "://" in source else _local(source, root)

    return Files(source, lambda: _members(source, find()))


def _members(source: str, found: list[tuple[str, int, Opener]]) -> list[Member]:
    members: list[Member] = []
    for name, size, raw in sorted(found, key=lambda entry: natural(entry[0])):
        if name.lower().endswith(".zip"):
            members += zip_members(name, raw)
        else:
            members.append(member_of(name, size, raw))
    if not members:
        raise SourceError(f"{source} holds no table", hint=f"files ending in {', '.join(SUFFIXES)} are read")
    return members


def _local(source: str, root: Path) -> list[tuple[str, int, Opener]]:
    path = root / Path(source).expanduser()
    if path.is_file():
        paths = [path]
    elif path.is_dir():
        paths = [
            found for found in path.rglob("*") if _is_table(found.relative_to(path).as_posix()) and found.is_file()
        ]
    elif any(sign in source for sign in "*?["):
        base = Path(path.anchor)
        paths = [found for found in base.glob(str(path.resolve().relative_to(base))) if found.is_file()]
        paths = [found for found in paths if _is_table(found.name)]
    else:
        raise SourceError(f"{source} does not exist", hint="`source` is looked up from the folder with wfgen.toml")
    try:
        return [(_name(found, root), found.stat().st_size, _opener(found)) for found in paths]
    except OSError as error:
        raise SourceError(f"{source} cannot be read: {error}") from error


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _name(path: Path, root: Path) -> str:
    """Relative to the root where it is below, so that the same checkout elsewhere goes on."""
    whole, base = path.resolve(), root.resolve()
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else whole.as_posix()


def _remote(source: str) -> list[tuple[str, int, Opener]]:
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  # only where a URL is read
    except ImportError as error:
        raise MissingLibraryError(f"{source} needs fsspec", hint="pip install fsspec") from error
    try:
        system, path = url_to_fs(source)
        names = _remote_names(system, path)
        found: list[tuple[str, int, Opener]] = []
        for name in names:
            size = system.info(name).get("size")
            if not isinstance(size, int):
                raise SourceError(f"{name}: the server does not say how long it is")
            found.append((name, size, _remote_opener(system, name)))
    except ImportError as error:
        raise MissingLibraryError(f"{source} needs a library more: {error}") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{source} cannot be read: {type(error).__name__}: {error}") from error
    return found


def _remote_names(system: Any, path: str) -> list[str]:  # noqa: ANN401  # fsspec has no types
    if any(sign in path for sign in "*?["):
        return [str(name) for name in system.glob(path) if _is_table(str(name).rsplit("/", 1)[-1])]
    if system.isdir(path):
        return [str(name) for name in system.find(path) if _is_table(str(name).removeprefix(path).lstrip("/"))]
    return [path]


def _remote_opener(system: Any, name: str) -> Opener:  # noqa: ANN401  # fsspec has no types
    return lambda: cast("IO[bytes]", system.open(name, "rb"))


def _is_table(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not hidden(name)
