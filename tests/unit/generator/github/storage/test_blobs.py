"""Blobs: names, blocks, and where blocks are laid."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from generator.github.storage.files.blobs import BlobStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33]
)
def test_no_text_but_our_own_is_a_blob(tmp_path: Path, name: str) -> None:
    blobs = BlobStore(tmp_path)
    with pytest.raises(ValueError, match="not a blob name"):
        blobs.get_path(name)
    with pytest.raises(ValueError, match="not a blob name"):
        blobs.open_block(name, "0", 1)


def test_a_block_takes_what_was_announced_and_no_more(tmp_path: Path) -> None:
    blobs, name = BlobStore(tmp_path), BlobStore.make_name()
    block = blobs.open_block(name, "0", 2)
    block.write(b"a")
    with pytest.raises(ValueError, match="fewer"):
        block.keep()
    with pytest.raises(ValueError, match="more"):
        block.write(b"bc")
    block.write(b"b")
    block.keep()
    assert blobs.assemble(name, ["0"]).size_bytes == 2
    assert blobs.get_path(name).read_bytes() == b"ab"
    blobs.close()


def test_blocks_are_laid_where_their_ids_say_they_belong(tmp_path: Path) -> None:
    def block_id(number: int) -> str:
        return base64.b64encode(f"prefix9{number:012d}".encode()).decode()

    def put(upload: str, ident: str, data: bytes) -> None:
        block = blobs.open_block(upload, ident, len(data))
        block.write(data)
        block.keep()

    blobs, orders = BlobStore(tmp_path), ([0, 1, 2], [2, 0, 1], [1, 2, 0])
    for order in orders:
        name, data = BlobStore.make_name(), [b"aaaa", b"bbbb", b"cc"]
        for number in order:
            put(name, block_id(number), data[number])
        stored = blobs.assemble(name, [block_id(number) for number in range(3)])
        assert (stored.size_bytes, blobs.get_path(name).read_bytes()) == (
            10,
            b"aaaabbbbcc",
        )
    name = BlobStore.make_name()
    for number, piece in (
        (1, b"bb"),
        (1, b"BB"),
        (70_000, b"far"),
        (0, b"a"),
        (5, b"f"),
        (0, b"A"),
    ):
        put(name, block_id(number), piece)
    put(name, "no base64!", b"-")
    assert (
        blobs.assemble(
            name, [block_id(0), block_id(1), block_id(70_000), "no base64!"]
        ).size_bytes
        == 7
    )
    assert blobs.get_path(name).read_bytes() == b"ABBfar-"
    blobs.close()
