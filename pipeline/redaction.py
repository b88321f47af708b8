"""Names of sources and texts of errors without the secrets that addresses hold."""

from __future__ import annotations

import re

HTTP_SCHEMES = ("http", "https")


def hide_credentials(source: str) -> str:
    """Return the name of a source without user, password and query.

    Each link of a chained URL (`zip://a.csv::https://...`) is treated by itself.
    """
    if "://" not in source:
        return source
    return "::".join(map(_hide_in_link, source.split("::")))


def _hide_in_link(link: str) -> str:
    scheme, separator, rest = link.partition("://")
    if not separator:
        return link
    is_http = scheme in HTTP_SCHEMES
    if is_http:
        # Elsewhere a question mark is part of a name, or of a glob.
        rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    user, at, server = host.rpartition("@")
    # In abfs a container stands before the @, and without a password it is a mere name.
    if at and (is_http or ":" in user):
        host = server
    return f"{scheme}://{host}{slash}{path}"


def scrub_text(text: str) -> str:
    """Return somebody else's text on one line, without the secrets of addresses in it."""
    line = " ".join(text.split())
    # User and password of an address, then the query, which may be a signature.
    line = re.sub(r"(://)[^/\s@'\"]*@", r"\1", line)
    return re.sub(r"(https?://[^\s?'\"]*)\?[^\s'\")]*", r"\1", line)
