"""Names of sources and texts of errors as they may be shown and kept.

Without what an address holds in secret.
"""

from __future__ import annotations

import re

HTTP = ("http", "https")


def hide_credentials(source: str) -> str:
    """A source without user, password and query.

    Each link of a chained URL (`zip://a.csv::https://...`) for itself.

    A question mark is a query in HTTP alone: elsewhere it is part of a name, or of a
    glob. What stands before `@` is a container in abfs, and a mere name where no
    password follows.
    """
    return (
        "::".join(map(_hide_in_link, source.split("::"))) if "://" in source else source
    )


def _hide_in_link(link: str) -> str:
    scheme, sign, rest = link.partition("://")
    if not sign:
        return link
    if scheme in HTTP:
        rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    user, at, place = host.rpartition("@")
    if at and (scheme in HTTP or ":" in user):
        host = place
    return f"{scheme}://{host}{slash}{path}"


def scrub_text(text: str) -> str:
    """A text of somebody else, on one line, without what addresses in it hold in secret."""
    line = " ".join(text.split())
    line = re.sub(r"(://)[^/\s@'\"]*@", r"\1", line)
    return re.sub(r"(https?://[^\s?'\"]*)\?[^\s'\")]*", r"\1", line)
