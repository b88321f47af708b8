"""Which command of a repository trains, and what is asked where that is not clear."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from generator.errors import SettingsError
from generator.init.candidates.choice import Choice, choose_training
from generator.init.candidates.record import is_training_name
from generator.init.own_training import describe_training
from generator.init.question import ask_what_to_train

FITS = """
import joblib
if __name__ == "__main__":
    joblib.dump(make().fit(x, y), "out/model.joblib")
"""


def nightly(name: str, *steps: str, schedule: bool = True) -> str:
    trigger = "  schedule: [{cron: '7 3 * * *'}]\n" if schedule else "  push:\n"
    lines = "".join(f"      - {step}\n" for step in steps)
    return (
        f"name: {name}\non:\n{trigger}jobs:\n  {name}:\n    runs-on: ubuntu-latest\n"
        f"    steps:\n{lines}"
    )


def choose(root: Path, files: Mapping[str, str]) -> Choice:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return choose_training(root)


WORKFLOW = ".github/workflows/any.yml"
CLEAR: dict[str, tuple[dict[str, str], str]] = {
    "a scheduled workflow": (
        {
            "app/fit_it.py": FITS,
            WORKFLOW: nightly(
                "work",
                "run: pip install -r requirements.txt",
                "run: python app/fit_it.py 2>&1 | tee out.log",
            ),
        },
        "python app/fit_it.py",
    ),
    "several steps up to the one that trains": (
        {
            WORKFLOW: nightly(
                "retrain",
                "run: python get.py --update",
                "run: |\n          echo go\n          python model.py --retrain",
                "run: python report.py",
            )
        },
        "python get.py --update && python model.py --retrain",
    ),
    "a job that says so": (
        {WORKFLOW: nightly("retrain", "run: python main.py")},
        "python main.py",
    ),
    "a program of the project": (
        {
            "pyproject.toml": "[project]\nname='x'\n[project.scripts]\nstocks='x:y'\n",
            WORKFLOW: nightly(
                "weekly", "run: uv run stocks train", "run: uv run stocks x"
            ),
        },
        "uv run stocks train",
    ),
    "a working directory": (
        {
            "ml/train.py": FITS,
            WORKFLOW: nightly("x", "{run: python train.py, working-directory: ./ml}"),
        },
        "(cd ml && python train.py)",
    ),
    "a target": ({"Makefile": "retrain: data\n\tpython x.py\n"}, "make retrain"),
    "a recipe": ({"justfile": "train-model:\n  python x.py\n"}, "just train-model"),
    "a stage": ({"dvc.yaml": "stages: {train: {cmd: python x.py}}\n"}, "dvc repro"),
    "a session": ({"noxfile.py": "def train(session):\n    pass\n"}, "nox -s train"),
    "a script that fits and saves": (
        {"jobs/nightly.py": FITS, "jobs/helpers.py": "def fit():\n    pass\n"},
        "python jobs/nightly.py",
    ),
    "a mode": (
        {
            "train_cli.py": FITS
            + 'p.add_argument("--step", choices=["train", "eval"])',
        },
        "python train_cli.py --step train",
    ),
    "a module that imports relatively": (
        {"model/train.py": "from .data import x\n" + FITS},
        "python -m model.train",
    ),
    "an R script": ({"train.R": "saveRDS(lm(y ~ x), 'm.rds')\n"}, "Rscript train.R"),
    "a notebook": (
        {"train.ipynb": '{"cells": [{"source": "m.fit(x); joblib.dump(m)"}]}'},
        "jupyter nbconvert --to notebook --execute --inplace train.ipynb",
    ),
    "a README": (
        {"README.md": "Run\n```sh\n$ python -m shop.train --all\n```\n"},
        "python -m shop.train --all",
    ),
}


@pytest.mark.parametrize("what", CLEAR)
def test_what_is_clear_is_taken(what: str, tmp_path: Path) -> None:
    files, command = CLEAR[what]
    taken = choose(tmp_path, files).taken
    assert taken is not None
    assert taken.command == command
    assert taken.reason


UNCLEAR: dict[str, tuple[dict[str, str], str]] = {
    "two scripts": (
        {"train_a.py": FITS, "train_b.py": FITS},
        "wfgen init --command 'python train_b.py'",
    ),
    "an argument that has to be given": (
        {"train.py": FITS + 'p.add_argument("--data", required=True)'},
        "to be filled in: --data",
    ),
    "a matrix": (
        {
            WORKFLOW: nightly("x", "run: python train.py").replace(
                "    steps:", "    strategy: {matrix: {m: [1, 2]}}\n    steps:"
            )
        },
        "to be filled in: the matrix of the job",
    ),
    "an expression": (
        {WORKFLOW: nightly("x", "run: python train.py ${{ inputs.days }}")},
        "to be filled in: ${{ inputs.days }}",
    ),
    "a scheduled job that says nothing of training": (
        {WORKFLOW: nightly("scrape", "run: python scrape.py")},
        "wfgen init --command 'python scrape.py'",
    ),
    "code in which nothing trains": (
        {"app.py": "print(1)"},
        "wfgen init --command 'python SCRIPT'",
    ),
    "a table": (
        {"data/sales.csv": "day;shop;price\n1;2;3\n"},
        "wfgen init --data data/sales.csv --target COLUMN\n    # day, shop, price",
    ),
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_what_is_not_clear_is_asked(what: str, tmp_path: Path) -> None:
    files, hint = UNCLEAR[what]
    choice = choose(tmp_path, files)
    assert choice.taken is None
    with pytest.raises(SettingsError) as asked:
        ask_what_to_train(tmp_path, choice)
    assert hint in asked.value.hint


def test_an_empty_repository_is_asked_nothing(tmp_path: Path) -> None:
    choice = choose(tmp_path, {"README.md": "# Mine\n", "LICENSE": "MIT\n"})
    ask_what_to_train(tmp_path, choice)


def test_workflows_that_wfgen_wrote_and_checks_are_no_trainings(tmp_path: Path) -> None:
    steps = ("run: pip install x", "run: pytest", "run: python -m ruff check .")
    assert choose(tmp_path, {WORKFLOW: nightly("train", *steps)}).candidates == ()


@pytest.mark.parametrize(
    ("name", "trains"),
    [
        ("retrain_model", True),
        ("trainFinal", True),
        ("train-daily", True),
        ("finetune", True),
        ("build_real_model", True),
        ("constraint", False),
        ("training_data", False),
        ("strain", False),
        ("benefit", False),
        ("train_test_split", False),
    ],
)
def test_a_name_says_that_something_is_trained(name: str, trains: bool) -> None:
    assert is_training_name(name) is trains


STATE: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "what the workflow commits": (
        {
            "train.py": FITS,
            WORKFLOW: nightly(
                "train",
                "run: python train.py",
                "run: git add -A models/ seen.json && git commit -m x",
            ),
        },
        ("models/", "seen.json"),
    ),
    "what the workflow uploads": (
        {
            "train.py": FITS,
            WORKFLOW: nightly(
                "train",
                "run: python train.py",
                "{uses: actions/upload-artifact@v7, with: {path: 'm/a.pkl'}}",
                "{uses: actions/upload-artifact@v7, with: {path: 'train.log'}}",
            ),
        },
        ("m/a.pkl",),
    ),
    "a file that the script names": ({"train.py": FITS}, ("out/model.joblib",)),
    "how far it got": (
        {"train.py": FITS + 'open("run/seen_ids.json"), open("data/rows.csv")'},
        ("out/model.joblib", "run/seen_ids.json"),
    ),
    "nothing where it uses the usual folders": (
        {"train.py": FITS + 'Path("runtime/model")'},
        (),
    ),
    "a name that is joined to a folder": (
        {"train.py": FITS.replace("out/model.joblib", "best.pt")},
        ("**/best.pt",),
    ),
}


@pytest.mark.parametrize("what", STATE)
def test_what_the_training_keeps_is_found(what: str, tmp_path: Path) -> None:
    files, expected = STATE[what]
    taken = choose(tmp_path, files).taken
    assert taken is not None
    assert describe_training(tmp_path, taken).state_files == expected
