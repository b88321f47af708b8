"""The quality gate: a run that is worse than asked for stores nothing."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import QualityGateError
from .quality import LOWER_IS_BETTER

Headline = tuple[str, float]
# Nights differ by chance: as much worse than the run before, in shares of its figure,
# is no failure.
TOLERANCE = 0.05


class RunFigures(NamedTuple):
    """What one run came to, over its own rows: before anything was scored, None."""

    headline: Headline | None
    loss: float | None
    baseline_loss: float | None


def check_gate(gate: str, now: RunFigures, before: Headline | None) -> None:
    """Compare a run with what the setting `gate` asks for.

    `before` is the headline of the run before, over its own rows. Raises
    QualityGateError.
    """
    if gate == "none" or now.headline is None or now.loss is None:
        return
    if gate == "baseline":
        _check_baseline(now.loss, now.baseline_loss)
    elif gate == "previous":
        if before is not None and before[0] == now.headline[0]:
            _check_previous(now.headline, before[1])
    else:
        _check_number(now.headline, float(gate))


def _check_baseline(loss: float, baseline: float | None) -> None:
    if baseline is not None and loss > baseline:
        raise QualityGateError(
            f"the loss of this run, {loss:.4f}, is above the baseline's {baseline:.4f}"
        )


def _check_previous(headline: Headline, before: float) -> None:
    name, value = headline
    room = TOLERANCE * abs(before)
    is_worse = value < before - room
    if name in LOWER_IS_BETTER:
        is_worse = value > before + room
    if is_worse:
        raise QualityGateError(
            f"the {name} of this run, {value:.4f}, is more than {TOLERANCE:.0%} worse "
            f"than {before:.4f} of the run before"
        )


def _check_number(headline: Headline, bound: float) -> None:
    name, value = headline
    if name in LOWER_IS_BETTER and value > bound:
        raise QualityGateError(
            f"the {name} of this run, {value:.4f}, is above {bound:g} (gate)"
        )
    if name not in LOWER_IS_BETTER and value < bound:
        raise QualityGateError(
            f"the {name} of this run, {value:.4f}, is below {bound:g} (gate)"
        )
