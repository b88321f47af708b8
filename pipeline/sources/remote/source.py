"""The tables that a URL names."""

from __future__ import annotations

from ...redaction import hide_credentials
from ..containers.discovery import make_members
from ..files import FileSource
from ..members import Member
from .files import find_remote_files


def open_url(source: str) -> FileSource:
    """Open the tables that a URL, a glob of URLs or a folder by URL names."""
    label = hide_credentials(source)
    members: list[Member] = []

    def list_members() -> list[Member]:
        # Asked once a run: over a network each file costs a call.
        if not members:
            members.extend(make_members(label, find_remote_files(source)))
        return members

    return FileSource(label, list_members)
