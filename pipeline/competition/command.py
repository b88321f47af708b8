"""What `submit` does: predict, hand in where it is better, keep the score."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import SettingsError
from ..sources.kaggle.client import KaggleClient, RetryPolicy
from ..sources.kaggle.downloads import Downloads
from ..sources.kaggle.reference import is_kaggle, parse_reference
from . import submit
from .shape import Predict, Tables, find_tables, write_submission

if TYPE_CHECKING:
    from ..settings import Settings
    from ..sources.kaggle.reference import KaggleReference
    from ..state.document import StateDocument

SUBMISSION_FILE = "submission.csv"


class Scored(NamedTuple):
    """A state, and what predicts by its champion."""

    document: StateDocument
    predict: Predict


def submit_predictions(
    root: Path,
    settings: Settings,
    environment: Mapping[str, str],
    state: Scored,
    *,
    is_forced: bool,
) -> list[str]:
    """Return lines about what was handed in. Raises PipelineError."""
    reference = _find_competition(settings.source)
    document = state.document
    name, value = "", None
    if document.metric is not None:
        name, value = document.metric.name, document.metric.value
    now = submit.Submission(document.state_id, name, value)
    path = root / "runtime" / "data" / submit.HISTORY_FILE
    history = submit.read_history(path)
    last = history[-1] if history else None
    if not is_forced and not now.improves_on(last):
        return [f"not handed in: {name} is no better than at the last submission"]
    policy = RetryPolicy(
        settings.kaggle_timeout_seconds,
        settings.kaggle_retries,
        settings.kaggle_backoff_seconds,
    )
    client = KaggleClient(environment, policy)
    submit.check_takes_files(client, reference)
    # The tables to predict lie beside the one that is trained on.
    whole = reference._replace(pattern="*")
    tables = _fetch_tables(root, whole, client, settings.target)
    file = root / "runtime" / SUBMISSION_FILE
    rows = write_submission(state.predict, tables, file)
    message = f"{name} {value}, state {now.state_id}"
    score = submit.hand_in(client, reference, file, message)
    submit.write_history(path, [*history, now._replace(score=score)])
    handed_in = f"{rows} answers handed in to {reference.slug}"
    return [handed_in, f"score: {score or 'not known yet'}"]


def _find_competition(source: str) -> KaggleReference:
    if is_kaggle(source):
        reference = parse_reference(source)
        if reference.is_competition:
            return reference
    raise SettingsError("`source` is no competition", hint="kaggle:competitions/NAME")


def _fetch_tables(
    root: Path, reference: KaggleReference, client: KaggleClient, target: str
) -> Tables:
    downloads = Downloads(reference, root / "runtime" / "downloads", client)
    members = downloads.list_tables(client.get_version(reference))
    return find_tables(members, target)
