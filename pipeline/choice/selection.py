"""The choice of who predicts, by losses that fade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isinf
from typing import Protocol, TypeVar

T = TypeVar("T")
# How far behind the best one a member may be, of what that gained on the baseline.
MEMBER_GAP = 0.25
# Before anything was scored: who needs one batch alone.
FIRST_MEMBERS = ("refit", "refit_linear")

# A challenger takes over when its recent loss is lower than the champion's by this
# share.
#
# Without it the champion of 27 candidates switched ten times on the flights stream.
MARGIN = 0.0025


class Judged(Protocol):
    """What the choice looks at."""

    @property
    def recent(self) -> float:
        """Mean loss where older batches weigh less; infinite before the first one."""
        ...


def choose_champion(
    metrics: Mapping[str, Judged],
    rivals: Iterable[str],
    baselines: Iterable[str],
    champion: str,
) -> str:
    """The name of who predicts from now on.

    A baseline does where no rival is better than it: the margin protects a champion
    from its rivals, never from a baseline.
    """
    best = min(rivals, key=lambda name: metrics[name].recent)
    floor = min(baselines, key=lambda name: metrics[name].recent)
    if metrics[best].recent >= metrics[floor].recent:
        best = floor
    reigning = metrics[champion].recent
    if reigning >= metrics[floor].recent and champion != floor:
        return best
    if metrics[best].recent < reigning * (1 - MARGIN):
        return best
    return champion


def select_members(
    values: Mapping[str, T], metrics: Mapping[str, Judged], baseline: str
) -> dict[str, T]:
    """What belongs to the candidates that an ensemble is made of.

    Those that lately gained on the baseline nearly what the best one did: others drag
    an ensemble down. All of them where none is better than the baseline.
    """
    base = metrics[baseline].recent
    if isinf(base):
        # Nothing was scored yet.
        chosen = set(FIRST_MEMBERS)
    else:
        best = min(metrics[name].recent for name in values)
        bound = best + MEMBER_GAP * (base - best)
        chosen = {name for name in values if metrics[name].recent <= bound}
    members = {name: values[name] for name in values if name in chosen}
    return members or dict(values)
