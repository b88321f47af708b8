"""The header of rendered files, which tells them from others and edited from untouched."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from .. import __version__

_HEADER = re.compile(
    r"(?:# |<!-- )Written by wfgen (\S+) from (\S+) "
    r"with settings ([0-9a-f]+), body ([0-9a-f]+)\.(?: -->)?\n"
)


class Rendered(NamedTuple):
    """A file to be written.

    `path` is relative to the repository's root, with `/`; `text` has its header.
    """

    path: str
    text: str
    template: str


def write_header(template: str, settings_digest: str, body: str) -> str:
    """Write the two lines above a body, as comments of its language."""
    start, end = "# ", ""
    if template.endswith(".md.j2"):
        start, end = "<!-- ", " -->"
    return (
        f"{start}Written by wfgen {__version__} from {template} "
        f"with settings {settings_digest}, body {hash_body(body)}.{end}\n"
        f"{start}Change the settings and run `wfgen render` again: "
        f"a file edited by hand is not overwritten.{end}\n"
    )


def hash_body(body: str) -> str:
    """Return the hash in the header of what stands below it."""
    return sha256(body.encode()).hexdigest()[:12]


def is_ours(text: str) -> bool:
    """Tell whether wfgen wrote the file."""
    return _HEADER.match(text) is not None


def get_template(text: str) -> str:
    """Return the template a file was rendered from; "" if wfgen did not write it."""
    match = _HEADER.match(text)
    if match is None:
        return ""
    return match[2]


def is_untouched(text: str) -> bool:
    """Tell whether a file is as wfgen wrote it, whichever version and settings that was."""
    match = _HEADER.match(text)
    if match is None:
        return False
    # The second line of the header is advice, which another version may word anew.
    _, _, body = text[match.end() :].partition("\n")
    return hash_body(body) == match[4]
