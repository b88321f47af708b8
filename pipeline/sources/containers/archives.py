"""The tables in an archive of any kind, also of archives in it."""

from __future__ import annotations

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
    for member in found:
        if level == _MOST_LEVELS or not is_archive(member.name):
            continue
        # Looking into an archive in an archive unpacks it: beside tables only where
        # its name is one of a table, as in `train.csv.zip`.
        if _names_table(member.name) or len(found) == len(nested):
            members += list_archive_members(member.name, member.open, level + 1)
    return members


def _names_table(name: str) -> bool:
    for suffix in ARCHIVE_SUFFIXES:
        if name.lower().endswith(suffix):
            return is_table(name[: -len(suffix)])
    return False
