"""Compiled templates, kept: compiling costs more than all the rest of a rendering."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from .. import __version__

if TYPE_CHECKING:
    from jinja2.bccache import Bucket


class FolderCache(jinja2.BytecodeCache):
    """Compiled templates in the user's cache folder.

    Jinja checks the Python version and a hash of the source itself. A cache that cannot
    be used is done without.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _get_path(self, bucket: Bucket) -> Path:
        name = f"{__version__}-{sys.implementation.cache_tag}-{bucket.key}.jinja"
        return self._folder / name

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file."""
        path = self._get_path(bucket)
        # Whatever is wrong with a file of a cache, the template is there to be compiled.
        with contextlib.suppress(Exception), path.open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket beside its place, then move it there."""
        path = self._get_path(bucket)
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}")
            temporary.write_bytes(bucket.bytecode_to_string())
            temporary.replace(path)


def open_bytecode_cache(env: Mapping[str, str]) -> FolderCache | None:
    """Open the cache in `WFGEN_CACHE_DIR`, else where the XDG base directories put it.

    None without a home.
    """
    try:
        caches = Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return None
    return FolderCache(Path(env.get("WFGEN_CACHE_DIR") or caches / "wfgen"))
