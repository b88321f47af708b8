"""What templates know: the settings as they are, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..config.settings import Settings
from .pins import PinBook

_LOOP = """\
case "$TRAINING_ITERATIONS" in
  '' | *[!0-9]* | 0*)
    echo "::error::TRAINING_ITERATIONS must be a whole number from 1, not '$TRAINING_ITERATIONS'"
    exit 1
    ;;
esac
for iteration in $(seq 1 "$TRAINING_ITERATIONS"); do
echo "::group::Iteration $iteration of $TRAINING_ITERATIONS"
{}
echo "::endgroup::"
done
"""
_WITHOUT_SECRETS = """\
if [ "$GITHUB_EVENT_NAME" = pull_request ] && [ -z "{}" ]; then
  echo "::notice title=Nothing trained::A pull request from a fork gets no secrets, so there is nothing to train on."
  exit 0
fi
"""
KAGGLE_SECRETS = ("KAGGLE_USERNAME", "KAGGLE_KEY")
STATE_SECRET = "PIPELINE_STATE_KEY"  # noqa: S105 - its name
"""What the built-in training signs its state with.

Data can be read without it, so a fork trains, as a trial.
"""


def notifies(settings: Settings) -> bool:
    """Whether anybody wants to be told how runs end."""
    return any(settings[f"notify.{way}"] for way in ("issue", "webhook", "command"))


def context(settings: Settings, root: Path) -> dict[str, object]:
    """Everything a template can name; `root` is where pins of the repository's own are looked for."""
    secrets = settings.texts("dataset.secrets")
    if settings["dataset.source"] == "kaggle" and not set(secrets) - {STATE_SECRET}:
        secrets = (*KAGGLE_SECRETS, *secrets)
    # What a release is made of must not come from a cache that any run of another
    # branch may have filled.
    releases = any("release" in branch.lower() for branch in settings.texts("branches"))
    return {
        **settings.tree,
        "cache": bool(settings["install.requirements"]) and not releases,
        "kept": _kept(settings),
        "judged_jobs": _judged_jobs(settings),
        "notifies": notifies(settings),
        "pin": PinBook(root),
        "rights": _rights(settings),
        "secrets": secrets,
        "stem": Path(settings.text("workflow")).stem,
        "training": _training(settings, secrets),
    }


def _training(settings: Settings, secrets: Sequence[str]) -> str:
    """The script of the training step."""
    command = settings.text("train.command").rstrip("\n")
    script = (
        _LOOP.replace("{}", command) if settings["train.loop"] == "each" else command
    )
    needed = [f"${secret}" for secret in secrets if secret != STATE_SECRET]
    if not needed or not settings["triggers.pull_request"]:
        return script
    return _WITHOUT_SECRETS.replace("{}", "".join(needed)) + script


def _judged_jobs(settings: Settings) -> list[str]:
    """The jobs whose results a notification tells of: all but those that wait for it themselves."""
    training = ["plan", "train", "merge"] if settings["fanout.members"] else ["train"]
    jobs = settings["jobs"]
    assert isinstance(jobs, dict)  # noqa: S101 - the kinds in options.py hold this
    waiting = {"notify"}
    for _ in jobs:
        needs = {name: job.get("needs", []) for name, job in jobs.items()}
        waiting |= {
            name
            for name, n in needs.items()
            if waiting & set(n if isinstance(n, list) else [n])
        }
    return training + [name for name in jobs if name not in waiting]


def _kept(settings: Settings) -> str:
    """How long the state of a run stays, in words."""
    if settings["store"] in {"release", "branch"}:
        return "until replaced"
    if settings["store"] == "cache":
        return "7 days without use"
    days = (
        settings[f"artifacts.{part}.retention"] or settings["retention"]
        for part in ("model", "data")
    )
    return f"{min(day for day in days if isinstance(day, int))} days"


def _rights(settings: Settings) -> list[tuple[str, str, str]]:
    """(scope, right, why) of the training job's token: the least, and what the settings add."""
    least = {
        "contents": ("read", "to check the code out"),
        "actions": ("read", "to find and download the state of an earlier run"),
    }
    if settings["store"] in {"release", "branch"}:
        least["contents"] = (
            "write",
            f"to check the code out and to keep the state in a {settings['store']}",
        )
    if settings["store"] != "artifact":
        least["actions"] = ("read", "to find what earlier runs left")
    asked = settings["permissions"]
    assert isinstance(asked, dict)  # noqa: S101 - the kinds in options.py hold this
    for scope, right in asked.items():
        if right == "write" or scope not in least:
            least[scope] = (right, "asked for in the settings")
    return [(scope, right, why) for scope, (right, why) in least.items()]
