"""A number of days that GitHub does not take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Severity
from ...state.model import StateModel
from ..base import Fault, make_state_rule

MOST_DAYS = 90
# Of private repositories, where the owner allows it.
MOST_PRIVATE_DAYS = 400


def check(model: StateModel) -> Iterator[Fault]:
    """Yield the values that are no whole number, or beyond what is kept."""
    for save in model.uploads:
        text = save.step.get_input("retention-days")
        if not text or "${{" in text:
            continue
        place = save.step.place_input("retention-days")
        if not re.fullmatch(r"\d+", text):
            yield Fault(
                place,
                f"retention-days is a whole number of days, not {text}: the upload fails",
                "retention-days: 30",
                Severity.BREAKS,
            )
        elif int(text) > MOST_DAYS:
            owner = "a private repository alone keeps more"
            if int(text) > MOST_PRIVATE_DAYS:
                owner = "no repository keeps more than 400"
            yield Fault(
                place,
                f"{text} days become {MOST_DAYS} with a warning: {owner}",
                f"retention-days: {MOST_DAYS}",
            )


RULE = make_state_rule(
    "retention-out-of-range",
    Severity.FRAGILE,
    "An artifact is kept for 1 to 90 days",
    "`retention-days` is a whole number from 1 to 90, up to 400 in private repositories whose "
    "owner allows it; 0 is the repository's default. More is cut with a warning, what is no "
    "number fails the upload. What has to last belongs into a release or onto a branch.",
    check,
    before="retention-days: 365",
    after="retention-days: 90",
    of_settings=True,
)
