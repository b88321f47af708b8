"""Damaged CSV files: read, or refused with a code and one line. The long form is a bench."""

from __future__ import annotations

import contextlib
import random
import warnings
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.sources.protocol import Reader
from pipeline.training.source_factory import open_source
from pipeline.training.update import update

START = (
    b"number,text,day,target\n"
    b'1.5,"a, b",2024-01-01,0\n'
    b'2,"two\nlines",2024-01-02,1\n'
    b"-3e5,,2024-01-03,0\n"
    b"4,\xd0\xb6,2024-01-04,1\n"
) * 3
PIECES = [
    b"",
    b",",
    b'"',
    b'""',
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\x1b[31m",
    b"::error::x",
    b"nan",
    b"inf",
    b"1e999",
    b"9" * 400,
    b"," * 300,
    b"number,text,day,target\n",
    b"target,target\n",
]


def damage(chance: random.Random) -> bytes:
    content = START
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(content) + 1)
        if chance.randrange(4) == 0:
            # From there on all the same is missing, or comes again.
            content = chance.choice([content[:place], content[place:], content * 2])
        else:
            end = place + chance.randrange(6)
            content = content[:place] + chance.choice(PIECES) + content[end:]
        if not content:
            break
    return content


def read_all(reader: Reader) -> None:
    while reader.read(5, None, lambda _: True) is not None:
        pass


@pytest.mark.parametrize("count", [150, pytest.param(20_000, marks=pytest.mark.bench)])
@pytest.mark.timeout(1800)
def test_a_damaged_table_is_read_or_refused(tmp_path: Path, count: int) -> None:
    chance = random.Random(5)  # noqa: S311  # no secret
    settings = Settings(source="rows.csv", target="target")
    refused = 0
    for _ in range(count):
        (tmp_path / "rows.csv").write_bytes(damage(chance))
        try:
            source, _ = open_source(settings, tmp_path, {})
            with source.open_reader(None) as reader:
                read_all(reader)
        except PipelineError as error:
            assert error.exit_code in range(20, 30), error.message  # noqa: PT017  # of many
            refused += 1
    assert 0 < refused < count


@pytest.mark.parametrize("count", [5, pytest.param(1000, marks=pytest.mark.bench)])
@pytest.mark.timeout(1800)
def test_a_damaged_table_is_trained_on_or_refused(tmp_path: Path, count: int) -> None:
    chance = random.Random(6)  # noqa: S311  # no secret
    settings = Settings(
        source="rows.csv", target="target", models=("sgd",), batch_rows=5, report=False
    )
    for number in range(count):
        root = tmp_path / str(number)
        root.mkdir()
        (root / "rows.csv").write_bytes(damage(chance))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            with contextlib.suppress(PipelineError):
                update(root, settings, {})
