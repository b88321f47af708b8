"""`wfgen init`: settle into a repository, asking nothing that can be found out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from ..config.options import BY_KEY
from ..errors import EXIT_OK, SettingsError
from ..init.apply import WRITING, apply_changes, make_repository
from ..init.file_texts import runs_built_in
from ..init.own_training import BUILT_IN
from ..init.plan import Act, Change, Plan, Wishes, make_plan
from ..init.survey import Survey, look_around
from ..process import SystemRunner
from .render import sound


@click.command("init")
@click.argument("directory", default=".", type=click.Path(path_type=Path))
@click.option(
    "--command",
    "training",
    metavar="TEXT",
    help="Your training, where it is not found by itself.",
)
@click.option(
    "--data",
    metavar="SOURCE",
    help="Use wfgen's training on a file, folder, URL or kaggle:OWNER/DATASET.",
)
@click.option("--target", metavar="COLUMN", help="The column of --data to learn.")
@click.option(
    "--set",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="Any setting (`wfgen settings` lists them).",
)
@click.option(
    "--pyproject",
    is_flag=True,
    help="Settings into [tool.wfgen] of pyproject.toml, not into wfgen.toml.",
)
@click.option(
    "--upgrade",
    is_flag=True,
    help="Replace the copied training by this wfgen's, but for what you edited.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite workflows and training files that were edited by hand.",
)
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; say what would be written."
)
def command(  # noqa: PLR0913 - one parameter a flag
    *,
    directory: Path,
    training: str | None,
    data: str | None,
    target: str | None,
    pairs: Sequence[str],
    pyproject: bool,
    upgrade: bool,
    force: bool,
    dry_run: bool,
) -> int:
    """Make the repository DIRECTORY (default: here) train on GitHub.

    Finds the default branch, the Python version, the requirements and your training
    (src/run.py, train.py, ...); a repository without one gets wfgen's own, which trains
    on a built-in sample at once. Writes settings, workflow, requirements and lines of
    .gitignore: all of them or none. Your settings and requirements are never
    overwritten, other files only with --force. A folder that is no git repository
    becomes one; nothing is committed.
    """
    runner = SystemRunner()
    survey = look_around(directory, runner)
    pipeline = _rows(survey.root, data, target)
    if data is not None:
        if training is not None:
            raise click.UsageError(
                "--data is for wfgen's own training, --command for yours: give one of them"
            )
        survey = replace(survey, training=None)
    wishes = Wishes(
        _wished(training, pairs),
        pipeline,
        pyproject=pyproject,
        force=force,
        upgrade=upgrade,
    )
    plan = make_plan(survey, wishes, sound)
    if not dry_run:
        if not survey.is_repository:
            make_repository(survey.root, survey.branch, runner)
        apply_changes(
            survey.root, plan.changes, made_repository=not survey.is_repository
        )
    for line in (*_found(survey, plan), "", *_done(survey, plan, dry_run=dry_run)):
        click.echo(line)
    if dry_run:
        click.echo("\nnothing was written (--dry-run)")
    else:
        click.echo("\n" + "\n".join(_next(directory, survey, plan)))
    return EXIT_OK


def _rows(root: Path, data: str | None, target: str | None) -> dict[str, str]:
    """The settings of the built-in training: where its rows are and what it learns.

    Raises SettingsError.
    """
    if data is None and target is None:
        return {}
    if not data or not target or not (data + target).isprintable():
        raise SettingsError(
            "--data and --target go together", hint="--data data/*.csv --target price"
        )
    if not re.match(r"[a-z0-9]+:", data):
        if Path(data).is_absolute() or ".." in Path(data).parts:
            raise SettingsError(
                f"--data {data}: must lie in the repository, or GitHub would not have it"
            )
        if not re.search(r"[*?\[]", data) and not (root / data).exists():
            raise SettingsError(
                f"--data {data}: there is no such file or folder in {root}"
            )
    return {"source": data, "target": target}


def _wished(training: str | None, pairs: Sequence[str]) -> dict[str, object]:
    """Settings by key, each of its kind. Raises SettingsError."""
    from .render import flags_of  # noqa: PLC0415 - where it says what a pair is

    flags = flags_of(None, None, (), (), pairs)
    if training is not None:
        flags["train.command"] = ("--command", training)
        flags.setdefault(
            "train.loop",
            ("--command", "once" if "TRAINING_ITERATIONS" in training else "each"),
        )
        flags.setdefault("dataset.source", ("--command", "own"))
    wished = {}
    for key, (flag, text) in flags.items():
        try:
            wished[key] = BY_KEY[key].kind.from_text(str(text))
        except ValueError as error:
            raise SettingsError(f"flag {flag}: {key} {error}") from None
    return wished


def _found(survey: Survey, plan: Plan) -> Iterator[str]:
    settings = plan.settings
    how = {"once": "", "each": ", once an iteration"}[settings.text("train.loop")]
    source = plan.source or "a built-in sample"
    own = (
        f"wfgen's own, on {source}"
        if runs_built_in(settings)
        else settings.text("train.command") + how
    )
    default = "the default branch" if survey.is_repository else "no git repository yet"
    rows = (
        ("branch", ", ".join(settings.texts("branches")), default),
        ("python", settings.text("python"), survey.python_from or "wfgen's default"),
        (
            "training",
            own,
            survey.training.script
            if survey.training and not runs_built_in(settings)
            else "",
        ),
        ("installs", settings.text("install.requirements") or "nothing", ""),
    )
    for name, value, where in rows:
        yield f"{name:9}  {value}" + (f"  ({where})" if where else "")


def _done(survey: Survey, plan: Plan, *, dry_run: bool) -> Iterator[str]:
    def line(act: Act, path: str, note: str) -> str:
        said = (
            {
                Act.WRITE: "would write",
                Act.APPEND: "would add",
                Act.REMOVE: "would remove",
            }
            if dry_run
            else {}
        )
        return f"{said.get(act, act):{12 if dry_run else 9}}  {path}" + (
            f"  ({note})" if note else ""
        )

    if not survey.is_repository:
        yield line(Act.WRITE, ".git/", f"a new repository, branch {survey.branch}")
    copied: dict[Act, list[Change]] = {}
    for change in plan.changes:
        if change.path.startswith(f"{BUILT_IN}/") and not change.path.endswith("/"):
            copied.setdefault(change.act, []).append(change)
        else:
            yield line(change.act, change.path, change.note)
    for act, changes in copied.items():
        files = f"{len(changes)} files" if len(changes) > 1 else "1 file"
        yield line(act, f"{BUILT_IN}/", f"{files} of the built-in training")


def _next(directory: Path, survey: Survey, plan: Plan) -> Iterator[str]:
    """What is left to the user, each as a command."""
    steps: list[tuple[str, str]] = []
    if directory != Path():
        steps.append((f"cd {shlex.quote(str(directory))}", ""))
    written = dict.fromkeys(
        change.path.split("/")[0] for change in plan.changes if change.act in WRITING
    )
    if written:
        steps.append((f"git add {' '.join(sorted(written))}", ""))
        steps.append(('git commit -m "Train on GitHub"', ""))
    steps.append(
        ("wfgen run", "here, under act; a second time it goes on from the first")
    )
    steps.append(
        ("git push", "")
        if survey.has_remote
        else ("gh repo create --private --source=. --push", "")
    )
    text = "\n".join(file.text for file in plan.rendered)
    secrets = set(re.findall(r"\bsecrets\.([A-Z][A-Z0-9_]*)", text)) - {"GITHUB_TOKEN"}
    steps.extend(
        (f"gh secret set {name}", _SECRETS.get(name, "the workflow uses it"))
        for name in sorted(secrets)
    )
    if "vars.TRAINING_ITERATIONS" in text:
        steps.append(
            (
                "gh variable set TRAINING_ITERATIONS --body 5",
                f"optional; else {plan.settings['iterations']}",
            )
        )
    yield "next"
    for step, why in steps:
        yield f"  {step}" + (f"  # {why}" if why else "")
    if not runs_built_in(plan.settings):
        model, data = (
            plan.settings.text(f"artifacts.{part}.path") for part in ("model", "data")
        )
        yield f"\nthe training has to keep its model below {model}"
        yield f"and how far it got below {data}: artifacts.*.path change that"
    if not plan.settings["install.requirements"]:
        yield "\nnothing is installed for it: install.requirements can name a file"


_SECRETS = {
    "KAGGLE_API_TOKEN": "from https://www.kaggle.com/settings",
    "KAGGLE_USERNAME": "your name on Kaggle",
    "KAGGLE_KEY": "from https://www.kaggle.com/settings",
}
