"""Caches that one step writes and another falls back to."""

from __future__ import annotations

from ..stores.caches import CacheStep
from .model import StateModel


def is_fed(model: StateModel, reader: CacheStep) -> bool:
    """Whether another step, here or in a sibling, writes what a reader falls back to."""
    for other in (model, *model.siblings):
        for writer in other.caches:
            if writer is not reader and _feeds(writer, reader):
                return True
    return False


def _feeds(writer: CacheStep, reader: CacheStep) -> bool:
    """Whether a writer's keys begin like one of a reader's `restore-keys`."""
    if not writer.saves or not writer.is_of_run:
        return False
    if set(writer.paths).isdisjoint(reader.paths):
        return False
    return any(writer.key.startswith(key) for key in reader.restore_keys)
