"""Typed records of what steps do with state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ...workflow.source import Position
from ..shell.model import Command
from .jobs import Step


class Store(StrEnum):
    """Where state lies between runs."""

    ARTIFACT = "artifact"
    CACHE = "cache"
    GIT = "git"
    RELEASE = "release"
    REMOTE = "remote"


class Source(StrEnum):
    """Of which run a restored artifact is."""

    OWN = "own run"
    GIVEN = "a run that is named"
    NEWEST = "newest run"
    NONE = ""


@dataclass(frozen=True, slots=True, eq=False)
class Save:
    """State that is stored: `paths` as written, `name` of the artifact, key or release."""

    store: Store
    step: Step
    position: Position
    name: str
    paths: tuple[str, ...]
    command: Command | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Restore:
    """State that is fetched; `workflow` is whose run it is of, `filters` what is asked for."""

    store: Store
    step: Step
    position: Position
    name: str
    paths: tuple[str, ...]
    source: Source = Source.NONE
    command: Command | None = None
    workflow: str = ""
    filters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """A push to a branch of this repository; `command` is None where an action pushes.

    `is_rebased` says whether what came in between is fetched before it.
    """

    step: Step
    position: Position
    command: Command | None
    ref: str
    is_forced: bool
    is_rebased: bool
    has_commit: bool
    token: str


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A command that does what the workflow is for."""

    step: Step
    command: Command
    position: Position
