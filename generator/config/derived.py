"""What follows from several settings together, for checks, advice and rendering alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import options

if TYPE_CHECKING:  # settings are loaded by what looks at them here
    from .settings import Settings

# GitHub drops a cache that nobody used for a week.
CACHE_DAYS = 7


def list_training_jobs(settings: Settings) -> list[str]:
    """List the jobs that train, in the order they run."""
    if settings[options.FANOUT_MEMBERS]:
        return ["plan", "train", "merge"]
    return ["train"]


def has_trial_job(settings: Settings) -> bool:
    """Tell whether pull requests get a job of their own, with fewer rights.

    That of the others may write the contents of the repository, or caches.
    """
    if not settings[options.TRIGGERS_PULL_REQUEST]:
        return False
    may_write = settings[options.STORE] in {"release", "branch"}
    return may_write or settings[options.READ_ONLY_CACHE]


def list_notification_ways(settings: Settings) -> list[str]:
    """List the ways in which people are told how runs end."""
    ways = {
        "issue": settings[options.NOTIFY_ISSUE],
        "webhook": settings[options.NOTIFY_WEBHOOK],
        "command": settings[options.NOTIFY_COMMAND],
    }
    return [way for way, value in ways.items() if value]


def find_state_retention(settings: Settings) -> int | None:
    """Find how many days the state of a run stays; None for ever."""
    store = settings[options.STORE]
    if store in {"release", "branch"}:
        return None
    if store == "cache":
        return CACHE_DAYS
    # One half of a state is none.
    return min(get_retention(settings, part) for part in list_state_parts(settings))


def list_state_parts(settings: Settings) -> tuple[str, ...]:
    """Return the artifacts that the state is: files that are collected are one."""
    if settings[options.STATE_PATHS]:
        return ("model",)
    return ("model", "data")


def get_retention(settings: Settings, part: str) -> int:
    """Return how many days an artifact is kept: its own setting, or the general one."""
    own = settings[options.ARTIFACTS[part].retention]
    return own or settings[options.RETENTION]
