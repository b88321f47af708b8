"""What comes down, looked at while it does: its kind, its size, its digest."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .verdicts import DamagedError, WebPageError

if TYPE_CHECKING:
    import requests

MEBIBYTE = 1 << 20
_TOLD_EVERY_SECONDS = 10.0
_PAGES = ("text/html", "application/xml", "text/xml")


class Transfer:
    """One download: refuses web pages, tells how far it is, compares the digest.

    Google's storage names the MD5 of most files in `x-goog-hash`
    (https://cloud.google.com/storage/docs/xml-api/reference-headers).
    """

    def __init__(self, say: Callable[[str], None], screen: TextIO) -> None:
        self._say = say
        self._screen = screen

    def run(
        self,
        download: Callable[..., None],
        response: requests.Response,
        outfile: str,
        *arguments: object,
        **limits: object,
    ) -> None:
        """Let the client download. Raises what it raises, WebPageError, DamagedError."""
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        path = Path(outfile)
        # The client leaves open what it gave up.
        with response:
            if media_type in _PAGES and path.suffix not in {".html", ".htm", ".xml"}:
                raise WebPageError(media_type)
            self._watch(response, path.name)
            download(response, outfile, *arguments, **limits)
        # A file of several parts has no MD5 there; its zip has checksums of its own.
        wanted = _find_md5(response)
        if wanted and path.is_file() and _digest_file(path) != wanted:
            path.unlink()
            raise DamagedError(path.name)

    def _watch(self, response: requests.Response, name: str) -> None:
        """Tell of a download how far it is, some times a minute."""
        total = int(response.headers.get("Content-Length") or 0)
        read = response.iter_content

        def read_and_tell(size: int) -> Iterator[bytes]:
            done, told = 0, time.monotonic()
            for chunk in read(size):
                done += len(chunk)
                # Small files come in less time than a line is worth.
                if time.monotonic() - told > _TOLD_EVERY_SECONDS:
                    told = time.monotonic()
                    self._tell(name, done, total)
                yield chunk

        # The client reads by it alone.
        watched: Any = response
        watched.iter_content = read_and_tell

    def _tell(self, name: str, done: int, total: int) -> None:
        amount = f"{done / MEBIBYTE:.0f}"
        if total:
            amount += f" of {total / MEBIBYTE:.0f}"
        # What the client prints is discarded meanwhile.
        with redirect_stdout(self._screen):
            self._say(f"Kaggle: {amount} MiB of {name}")


def _find_md5(response: requests.Response) -> bytes:
    for part in response.headers.get("x-goog-hash", "").split(","):
        kind, _, value = part.strip().partition("=")
        if kind == "md5":
            return base64.b64decode(value)
    return b""


def _digest_file(path: Path) -> bytes:
    with path.open("rb") as file:
        # Not against forgery: what Google's storage names of a file.
        md5 = partial(hashlib.md5, usedforsecurity=False)
        return hashlib.file_digest(file, md5).digest()
