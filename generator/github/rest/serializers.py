"""What operations of several families show: instants."""

from __future__ import annotations

from datetime import datetime

from ..core.clock import format_rfc3339


def serialize_instant(instant: datetime | None) -> str | None:
    """An instant in RFC 3339, or null for one that has not come."""
    if instant is None:
        return None
    return format_rfc3339(instant)
