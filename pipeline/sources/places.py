"""Files, folders, globs and URLs as an ordered set of tables."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.archives import zip_members
from pipeline.sources.members import SUFFIXES, Found, Member, Opener, is_table, member_of, natural
from pipeline.sources.names import public
from pipeline.sources.tables import Files


def files(source: str, root: Path) -> Files:
    """The tables that a path, folder, glob or URL names. Raises SourceError where there are none."""
    if "://" not in source:
        return Files(source, lambda: _members(source, _local(source, root)))
    known: list[Member] = []

    def members() -> list[Member]:
        # Asked once a run: over a network each file costs a call.
        if not known:
            from pipeline.sources import remote  # noqa: PLC0415  # only where a URL is read

            known.extend(_members(public(source), remote.found(source)))
        return known

    return Files(public(source), members)


def _members(source: str, found: list[Found]) -> list[Member]:
    members: list[Member] = []
    for each in sorted(found, key=lambda each: natural(each.name)):
        if each.name.lower().endswith(".zip"):
            members += zip_members(each.name, each.open)
            continue
        member = member_of(each.name, each.size, each.open)
        members.append(member if each.stamp is None else member._replace(appends=False, stamp=each.stamp))
    if not members:
        raise SourceError(f"{source} holds no table", hint=f"files ending in {', '.join(SUFFIXES)} are read")
    return members


def _local(source: str, root: Path) -> list[Found]:
    path = root / Path(source).expanduser()
    if path.is_file():
        paths = [path]
    elif path.is_dir():
        paths = [found for found in path.rglob("*") if is_table(found.relative_to(path).as_posix()) and found.is_file()]
    elif any(sign in source for sign in "*?["):
        base = Path(path.anchor)
        paths = [found for found in base.glob(str(path.resolve().relative_to(base))) if found.is_file()]
        paths = [found for found in paths if is_table(found.name)]
    else:
        raise SourceError(f"{source} does not exist", hint="`source` is looked up from the folder with wfgen.toml")
    try:
        return [Found(_name(found, root), found.stat().st_size, _opener(found)) for found in paths]
    except OSError as error:
        raise SourceError(f"{source} cannot be read: {error}") from error


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _name(path: Path, root: Path) -> str:
    """Relative to the root where it is below, so that the same checkout elsewhere goes on."""
    whole, base = path.resolve(), root.resolve()
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else whole.as_posix()
