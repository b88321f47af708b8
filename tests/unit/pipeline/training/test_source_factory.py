"""Which kind of source a name is, and which format a file has."""

from __future__ import annotations

import pytest

from pipeline.sources.formats import CSV, PARQUET, TableFormat, find_format
from pipeline.training.source_factory import (
    FILES,
    KAGGLE,
    SAMPLE,
    SOURCE_KINDS,
    URL,
    SourceKind,
    find_kind,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sample", SAMPLE),
        ("sample.csv", FILES),
        ("kaggle:somebody/rows", KAGGLE),
        ("https://example.org/rows.csv", URL),
        ("zip://a.csv::file:///t.zip", URL),
        ("data/*.csv", FILES),
        ("a\nb.csv", FILES),
        ("", FILES),
    ],
)
def test_a_name_says_the_kind(name: str, kind: SourceKind) -> None:
    assert find_kind(name, SOURCE_KINDS) is kind


@pytest.mark.parametrize(
    ("name", "table_format"),
    [
        ("t.csv", CSV),
        ("t.TSV.GZ", CSV),
        ("t.parquet", PARQUET),
        ("t.PQ", PARQUET),
        ("t.parquet.gz", CSV),
        ("no-suffix", CSV),
    ],
)
def test_a_suffix_says_the_format(name: str, table_format: TableFormat) -> None:
    assert find_format(name) is table_format
