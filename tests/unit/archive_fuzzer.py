"""Hostile and broken archives, and a folder to open them in that shows what got out.

Each archive follows from a seed alone, so that one that did harm can be made again.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import shutil
import stat
import tarfile
import warnings
import zipfile
from pathlib import Path

TAR_TYPES = (
    tarfile.REGTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.FIFOTYPE,
    tarfile.CONTTYPE,
    b"Z",
)
ZIP_TYPES = (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO)
ZIP_METHODS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
)
# `{}` stands for the folder that nothing may be written to.
NAMES = (
    "model",
    "data",
    "model/best_model.pkl",
    "MODEL/best_model.pkl",
    "model/Best_Model.pkl",
    "model/sub/",
    "model/sub/x",
    "data/data_state.json",
    "data/rows.csv",
    "rows.csv",
    "summary.json",
    "model/{}/x",
    "{}/x",
    "//{}/x",
    "model/../../outside/x",
    "../outside/x",
    "../../outside/x",
    "./../outside/x",
    "model/out/x",
    "out/x",
    "out",
    "link",
    "link/x",
    "LINK/x",
    "model/link",
    "model/link/x",
    "model/link/../x",
    "model\\..\\..\\outside\\x",
    "C:\\outside\\x",
    "C:x",
    "model/C:x",
    "model/con\x1b[2J",
    "model/\nx",
    "model/\0x",
    "",
    ".",
    "..",
    "/",
    "model/",
    "model/.",
    "model/x/../../../outside/x",
    "model/" + 300 * "n",
    "model/\N{SNOWMAN}",
)
CONTENT = b"x,y\n1,2\n3,4\n"


class World:
    """A folder with a workspace, and one beside it that nothing may be written to."""

    def __init__(self, root: Path) -> None:
        self.workspace = root / "work"
        self.outside = root / "outside"
        self.outside.mkdir()
        (self.outside / "x").write_bytes(b"before")
        self._before = self._describe()

    def renew(self) -> None:
        """Empty the workspace but for links that lead out of it."""
        # What a member of mode 000 made cannot be removed by everybody.
        shutil.rmtree(self.workspace, ignore_errors=True)
        (self.workspace / "model").mkdir(parents=True, exist_ok=True)
        for link in ("out", "model/out"):
            (self.workspace / link).unlink(missing_ok=True)
            (self.workspace / link).symlink_to(self.outside)

    def is_untouched(self) -> bool:
        """Tell whether everything beside the workspace is as it was."""
        return self._describe() == self._before

    def _describe(self) -> list[tuple[str, int, bytes]]:
        entries = []
        for entry in os.scandir(self.outside):
            content = Path(entry).read_bytes() if entry.is_file() else b""
            entries.append((entry.name, entry.stat().st_nlink, content))
        beside = {entry.name for entry in os.scandir(self.workspace.parent)}
        beside.discard(self.workspace.name)
        return entries + [(name, 0, b"") for name in sorted(beside)]


def make_tar(seed: int, outside: Path) -> bytes:
    """Make an archive like those of stores and caches; every other one is damaged."""
    dice = random.Random(seed)  # noqa: S311  # a fuzzer has to be repeatable
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for _ in range(dice.randint(1, 5)):
            member = tarfile.TarInfo(_pick_name(dice, outside))
            member.type = dice.choice(TAR_TYPES[: dice.choice((1, 4, len(TAR_TYPES)))])
            member.linkname = _pick_name(dice, outside)
            member.mtime = dice.choice((0, 1, 2**40, -1))
            if member.isreg():
                member.size = len(CONTENT)
            archive.addfile(member, io.BytesIO(CONTENT))
    content = packed.getvalue()
    damage = dice.randrange(4)
    if damage == 0:
        content = _damage(dice, content)
    content = gzip.compress(content, 1, mtime=0)
    if damage == 1:
        content = _damage(dice, content)
    return content


def make_zip(seed: int, outside: Path) -> bytes:
    """Make an archive like those of artifacts and of sources; each second is damaged."""
    dice = random.Random(seed)  # noqa: S311  # a fuzzer has to be repeatable
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile warns of names that are there twice
        for _ in range(dice.randint(1, 5)):
            member = zipfile.ZipInfo("x")
            member.filename = _pick_name(dice, outside)
            kind = dice.choice(ZIP_TYPES[: dice.choice((2, len(ZIP_TYPES)))])
            member.external_attr = (kind | 0o644) << 16
            member.compress_type = dice.choice(ZIP_METHODS[: dice.choice((2, 4))])
            archive.writestr(member, CONTENT)
    content = packed.getvalue()
    if dice.randrange(2):
        content = _damage(dice, content)
    return content


def _pick_name(dice: random.Random, outside: Path) -> str:
    return dice.choice(NAMES).replace("{}", str(outside).lstrip("/"))


def _damage(dice: random.Random, content: bytes) -> bytes:
    """Cut bytes off, or write others over some."""
    if not dice.randrange(4):
        return content[: dice.randrange(len(content))]
    damaged = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        damaged[dice.randrange(len(damaged))] = dice.choice(
            (0, 255, dice.randrange(256))
        )
    return bytes(damaged)
