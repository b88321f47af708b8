"""Files are known by what is in them: one that was renamed goes on under its new name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import SourceError, SourceRewrittenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cursor import Cursor, FilePosition
    from .members import Member

MOST_PAIRS = 1000
"""More pairs of a file that is gone and one that came are compared by size alone."""


class Followed(NamedTuple):
    """The cursor by the present names, and a line for what is gone or was renamed."""

    cursor: Cursor
    notes: tuple[str, ...]


def follow_renames(members: Sequence[Member], cursor: Cursor) -> Followed:
    """Match files that are gone with files that came, by their probes.

    Where others came after everything was read, rows up to the greatest key that was
    trained on are left out of them.
    """
    files = dict(cursor.files)
    present = {member.name for member in members}
    gone = [name for name in files if name not in present]
    new = [member for member in members if member.name not in files]
    was_read = all(position.end is not None for position in files.values())
    notes: list[str] = []
    is_thorough = len(gone) * len(new) <= MOST_PAIRS
    for name in gone:
        position = files[name]
        member = _find_same(new, position, is_thorough=is_thorough)
        if member is not None:
            new.remove(member)
            files[member.name] = files.pop(name)
            notes.append(f"{member.name} is {name} under another name")
        elif position.end is not None:
            notes.append(f"{name} is gone; what was trained on it stays")
    order = cursor.order
    if new and files and was_read and order.key is not None:
        order = order._replace(after=order.key)
    return Followed(cursor._replace(files=files, order=order), tuple(notes))


def _find_same(
    candidates: Sequence[Member], position: FilePosition, *, is_thorough: bool
) -> Member | None:
    if not position.records or not position.marks:
        return None
    # The same bytes, most likely: two looks of a page each.
    for member in candidates:
        end = position.end
        if end is not None and member.size == end.size and member.stamp() == end.stamp:
            return member
    # Else a file that grew as well, which is unpacked up to where reading stopped.
    if not is_thorough:
        return None
    for member in candidates:
        if _starts_with(member, position):
            return member
    return None


def _starts_with(member: Member, position: FilePosition) -> bool:
    """Tell whether what was read of a file stands at the start of another."""
    try:
        member.format.has_more(member, position)
    except (SourceRewrittenError, SourceError):
        return False
    return True
