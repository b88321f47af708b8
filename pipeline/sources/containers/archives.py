"""The tables in an archive of any kind, also of archives in it."""

from __future__ import annotations

from ...errors import SourceError
from ..formats import ARCHIVE_SUFFIXES
from ..members import Member, StreamOpener, is_table
from .zips import list_zip_members

_MOST_LEVELS = 2
"""An archive in an archive is looked into, one in that is not."""


def is_archive(name: str) -> bool:
    """Tell by its name whether a file holds files."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def list_archive_members(
    name: str, open_archive: StreamOpener, level: int = 1
) -> list[Member]:
    """Return the tables in an archive, and in those in it, in natural order.

    Raises SourceError for one that is broken or must not be read.
    """
    if name.lower().endswith(".zip"):
        found = list_zip_members(name, open_archive)
    else:
        from .tars import list_tar_members  # noqa: PLC0415  # seldom needed

        found = list_tar_members(name, open_archive)
    nested = [member for member in found if is_archive(member.name)]
    members = [member for member in found if not is_archive(member.name)]
    is_thorough = not members
    problem: SourceError | None = None
    # Looking into an archive in an archive unpacks it: beside tables only where its
    # name is one of a table, as in `train.csv.zip`.
    for member in nested if level < _MOST_LEVELS else ():
        if not _names_table(member.name) and not is_thorough:
            continue
        try:
            members += list_archive_members(member.name, member.open, level + 1)
        except SourceError as error:
            # One of pictures may be of a kind that nobody reads.
            problem = error
    if problem is not None and not members:
        raise problem
    return members


def _names_table(name: str) -> bool:
    for suffix in ARCHIVE_SUFFIXES:
        if name.lower().endswith(suffix):
            return is_table(name[: -len(suffix)])
    return False
