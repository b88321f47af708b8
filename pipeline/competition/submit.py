"""Handing in a submission through Kaggle's client, and what it scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..atomic import write_atomically
from ..errors import SettingsError, UnavailableError
from ..sources.kaggle.verdicts import Subject

if TYPE_CHECKING:
    from ..sources.kaggle.client import KaggleClient
    from ..sources.kaggle.login import KaggleApi
    from ..sources.kaggle.reference import KaggleReference

HISTORY_FILE = "submissions.json"
"""Beside the data state, so that it goes from run to run."""
MOST_LOOKS = 10
_LOWER_IS_BETTER = {"logloss", "rmse", "mae"}


class Submission(NamedTuple):
    """One that was handed in; without a score it was not scored in time."""

    state_id: str
    metric: str
    value: float | None
    score: str | None = None

    def improves_on(self, before: Submission | None) -> bool:
        """Tell whether the metric is better, or of another kind."""
        if before is None or before.metric != self.metric:
            return True
        if self.value is None or before.value is None:
            return before.state_id != self.state_id
        if self.metric in _LOWER_IS_BETTER:
            return self.value < before.value
        return self.value > before.value


def read_history(path: Path) -> list[Submission]:
    """Read what was handed in before; nothing where the file cannot be read."""
    try:
        rows = json.loads(path.read_bytes())
        return [Submission(**row) for row in rows]
    except (OSError, ValueError, TypeError):
        return []


def write_history(path: Path, history: list[Submission]) -> None:
    """Keep what was handed in. Raises StateWriteError."""
    rows = [submission._asdict() for submission in history]
    write_atomically(path, json.dumps(rows, indent=1).encode())


def check_takes_files(client: KaggleClient, reference: KaggleReference) -> None:
    """Raise SettingsError for a competition that runs notebooks itself."""

    def ask(api: KaggleApi) -> bool:
        # It brings the client, which logs in while it is imported.
        from kagglesdk.competitions import types  # noqa: PLC0415  # as above

        request = types.competition_api_service.ApiGetCompetitionRequest()
        request.competition_name = reference.slug
        with api.build_kaggle_client() as kaggle:
            calls = kaggle.competitions.competition_api_client
            return bool(calls.get_competition(request).is_kernels_submissions_only)

    if client.call(ask, Subject(reference)):
        raise SettingsError(
            f"{reference.slug} is a code competition: Kaggle runs a notebook there, "
            "and takes no file",
            hint="push a notebook by `kaggle kernels push` as an extra step",
        )


def hand_in(
    client: KaggleClient, reference: KaggleReference, path: Path, message: str
) -> str | None:
    """Hand in a file and return its score; None where it was not scored in time.

    Raises UnavailableError where the file did not arrive.
    """
    slug, subject = reference.slug, Subject(reference)

    def upload(api: KaggleApi) -> Any:  # noqa: ANN401  # the client has no types
        return api.competition_submit(str(path), message, slug, quiet=True)

    answer = client.call(upload, subject)
    number = getattr(answer, "ref", 0)
    if not number:
        raise UnavailableError(
            f"the submission to {slug} did not arrive", hint="run again later"
        )
    for look in range(MOST_LOOKS):
        # Scoring takes from a second to some minutes.
        if look:
            client.policy.sleep(client.policy.backoff_seconds)
        for row in client.call(lambda api: api.competition_submissions(slug), subject):
            if row.ref == number and row.public_score:
                return str(row.public_score)
    return None
