"""The built-in sample: real flights, see flights_sample.md."""

from __future__ import annotations

from pathlib import Path

from .members import local_member
from .tables import Files

NAME = "flights_sample.csv.gz"
TARGET = "late"


def sample() -> Files:
    """The sample as a source."""
    path = Path(__file__).parent / NAME
    return Files("the built-in sample", lambda: [local_member(path, NAME)])
