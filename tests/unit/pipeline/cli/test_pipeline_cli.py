"""Bad input at the command line.

One line with the reason, a remedy, the right exit code, and no traceback.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
# What was there before may lead to the package under its installed name.
PYTHONPATH = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])


def run(
    folder: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": PYTHONPATH}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIPELINE_", "KAGGLE_", "GITHUB_"))
    }
    argv = [sys.executable, "-W", "error", "-m", "wfgen_actions.pipeline", *words]
    return subprocess.run(
        argv,
        cwd=folder,
        env=kept | path | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "environment", "settings", "code", "match"),
    [
        (["--iterations", "0"], {}, "", 2, "--iterations is '0'"),
        (["--iterations", "many"], {}, "", 2, "whole number"),
        (["--task", "guess"], {}, "", 2, "one of auto, binary"),
        (["--engine", "dask"], {}, "", 2, "dask_address"),
        (["--on-rewrite", "key"], {}, "", 2, "needs `key`"),
        (["--source", "absent.csv", "--target", "y"], {}, "", 20, "does not exist"),
        (["--source", "["], {"PIPELINE_TARGET": "y"}, "", 20, "holds no table"),
        (
            ["--source", "~nobody-of-this-name/x.csv", "--target", "y"],
            {},
            "",
            20,
            "does not exist",
        ),
        (["--source", "absent.csv"], {}, "", 2, "`target` is not set"),
        (
            ["--source", "kaggle:a/b", "--target", "y"],
            {"HOME": "/nonexistent"},
            "",
            30,
            "no Kaggle credentials",
        ),
        (
            ["--source", "nowhere://x/y.csv", "--target", "y"],
            {},
            "",
            20,
            "cannot be read",
        ),
        ([], {"PIPELINE_BATCHROWS": "5"}, "", 2, "did you mean 'batch_rows'"),
        ([], {"PIPELINE_SEED": "-1"}, "", 2, "PIPELINE_SEED"),
        ([], {}, "[pipeline]\nbatch_row = 3\n", 2, "did you mean 'batch_rows'"),
        ([], {}, "[pipeline]\niterations = true\n", 2, "whole number"),
        ([], {}, "[pipeline", 2, "wfgen.toml cannot be read"),
        ([], {}, "pipeline = 3\n", 2, "must be a table"),
    ],
)
def test_bad_settings(  # noqa: PLR0913, PLR0917  # a row of the table above
    tmp_path: Path,
    words: list[str],
    environment: dict[str, str],
    settings: str,
    code: int,
    match: str,
) -> None:
    if settings:
        (tmp_path / "wfgen.toml").write_text(settings)
    done = run(tmp_path, "update", *words, **environment)
    assert done.returncode == code, done.stderr
    assert match in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runtime/model").exists()


def test_later_settings_win(tmp_path: Path) -> None:
    (tmp_path / "wfgen.toml").write_text(
        '[pipeline]\nbatch_rows = 10\niterations = 1\nmodels = ["sgd"]\n'
    )
    assert "batch 1: 10 rows" in run(tmp_path, "update").stdout
    assert (
        "batch 2: 20 rows" in run(tmp_path, "update", PIPELINE_BATCH_ROWS="20").stdout
    )
    assert (
        "batch 3: 30 rows"
        in run(
            tmp_path, "update", "--batch-rows", "30", PIPELINE_BATCH_ROWS="20"
        ).stdout
    )
    assert "batch 4: 10 rows" in run(tmp_path, "update", PIPELINE_BATCH_ROWS="").stdout


@pytest.mark.parametrize("root", [[], ["--root", "."], ["--root", "../a[b]"]])
def test_a_glob_names_files_from_the_folder_one_stands_in(
    tmp_path: Path, root: list[str]
) -> None:
    (tmp_path / "a[b]/data").mkdir(parents=True)
    (tmp_path / "a[b]/data/d.csv").write_text(
        "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(50))
    )
    words = ["--source", "data/*.csv", "--target", "y", "--models", "sgd"]
    done = run(tmp_path / "a[b]", "update", *root, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "batch 1: 50 rows" in done.stdout


def test_on_github_iterations_fold_and_the_summary_and_errors_are_shown(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    done = run(tmp_path, "update", "--iterations", "2", "--models", "sgd", **github)
    assert (
        done.stdout.count("::group::Iteration")
        == done.stdout.count("::endgroup::")
        == 2
    )
    assert "| Rows this run / in all | 2,000 / 2,000 |" in page.read_text()
    (tmp_path / "runtime/data/data_state.json").write_text("{")
    failed = run(tmp_path, "update", **github)
    assert failed.returncode == 11
    assert "::error title=pipeline::" in failed.stdout


@pytest.mark.parametrize(
    ("module", "has_list", "hint"),
    [
        ("joblib", True, "pip install -r requirements.txt"),
        ("joblib", False, "pip install joblib"),
        ("sklearn", False, "pip install scikit-learn"),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_the_line_that_brings_it(
    module: str, has_list: bool, hint: str, tmp_path: Path
) -> None:
    if has_list:
        (tmp_path / "requirements.txt").touch()
    script = f"import sys; sys.modules[{module!r}] = None; sys.argv = ['pipeline', 'update']\n"
    script += "from pipeline.cli.fast_path import main; main()"
    argv = [sys.executable, "-c", script]
    path = {"PYTHONPATH": PYTHONPATH}
    done = subprocess.run(
        argv,
        cwd=tmp_path,
        env=os.environ | path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {module}")
    assert done.stderr.endswith(f" is not installed\n  hint: {hint}\n")


def test_no_name_can_put_a_command_to_github_into_what_is_said(tmp_path: Path) -> None:
    evil = "x\n::set-output name=evil::1\r::stop-commands::y"
    done = run(
        tmp_path, "update", "--source", evil, "--target", "y", GITHUB_ACTIONS="true"
    )
    assert done.returncode == 20
    commands = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if line.lstrip().startswith("::")
    ]
    assert len(commands) == 1
    assert commands[0].startswith("::error title=pipeline::x ::set-output")


def test_nothing_new_imports_neither_pandas_nor_scikit_learn(tmp_path: Path) -> None:
    run(tmp_path, "update", "--iterations", "99", "--models", "sgd")
    heavy = {"click", "jinja2", "numpy", "pandas", "sklearn"}
    script = (
        "import sys; sys.argv = ['pipeline', 'update']\n"
        "try:\n    from pipeline.cli.fast_path import main; main()\n"
        f"except SystemExit as end:\n    print(end.code, {heavy} & set(sys.modules))"
    )
    path = {"PYTHONPATH": PYTHONPATH}
    argv = [sys.executable, "-c", script]
    done = subprocess.run(
        argv,
        cwd=tmp_path,
        env=os.environ | path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-2:] == ["nothing new", "0 set()"]


def test_a_prediction_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    run(tmp_path, "update", "--models", "sgd")
    done = run(tmp_path, "predict", "sample", "--output", "absent/x.csv")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert (
        run(tmp_path, "predict", "sample", "--output", "x.csv").stdout
        == "20460 rows scored into x.csv\n"
    )
    assert not (tmp_path / "x.csv.part").exists()


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learnt")
    rows = "".join(
        f"{i % 7}.5,{'red' if i % 3 else 'blue'},{'yes' if i % 3 else 'no'}\n"
        for i in range(100)
    )
    (folder / "rows.csv").write_text("a,b,y\n" + rows)
    done = run(
        folder,
        "update",
        "--source",
        "rows.csv",
        "--target",
        "y",
        "--models",
        "sgd",
        "--batch-rows",
        "50",
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("rows", "said", "warned"),
    [
        ("b,a\nred,1\nblue,2\n", 2, ""),
        ("b\nred\nblue\n", 2, "warning: the rows lack a, which counts as missing\n"),
        ("other,b\n1,red\n", 1, "warning: the rows lack a, which counts as missing\n"),
        ("a,b\n", 0, ""),
    ],
)
def test_rows_are_scored_with_what_they_have(
    learnt: Path, rows: str, said: int, warned: str
) -> None:
    (learnt / "new.csv").write_text(rows)
    done = run(learnt, "predict", "new.csv", "--output", "scored.csv")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"{said} rows scored into scored.csv\n",
        warned,
    )
    scored = (learnt / "scored.csv").read_text().splitlines()
    assert scored[0] in {
        "prediction,share_no,share_yes",
        "prediction,share_yes,share_no",
    }
    assert len(scored) == 1 + said


def test_a_pipe_and_a_link_are_written_to_and_stay_what_they_are(learnt: Path) -> None:
    os.mkfifo(learnt / "pipe")
    (learnt / "link").symlink_to("behind.csv")
    # With both ends in hand, neither side waits for the other.
    end = os.open(learnt / "pipe", os.O_RDWR | os.O_NONBLOCK)
    for name in ("pipe", "link"):
        done = run(learnt, "predict", "rows.csv", "--output", name)
        assert (done.returncode, done.stderr) == (0, "")
    assert (learnt / "pipe").is_fifo()
    assert (learnt / "link").is_symlink()
    assert os.read(end, 1 << 16) == (learnt / "behind.csv").read_bytes()
    os.close(end)


@pytest.mark.parametrize(
    ("rows", "message", "hint"),
    [
        (
            "c,d\n1,2\n",
            "no column that the model was trained on",
            "it was trained on a, b",
        ),
        (
            None,
            "no column that the model was trained on",
            "it was trained on a, b",
        ),
        (
            "a,b\nfar,red\nnear,red\n",
            "'a' held numbers and now holds something else",
            "mend the rows to score",
        ),
    ],
)
def test_rows_that_cannot_be_scored_say_why(
    learnt: Path, rows: str | None, message: str, hint: str
) -> None:
    (learnt / "new.csv").write_text(rows or "")
    done = run(
        learnt, "predict", "new.csv" if rows else "sample", "--output", "none.csv"
    )
    assert done.returncode == 22
    assert message in done.stderr
    assert hint in done.stderr
    assert "reset" not in done.stderr
    assert not (learnt / "none.csv").exists()


@pytest.mark.parametrize("name", ["r\u00f6ws.csv", os.fsdecode(b"r\xf6ws.csv")])
def test_names_that_a_screen_cannot_show_cost_nobody_the_training(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(50)))
    plain = {"PYTHONIOENCODING": "ascii"}
    done = run(
        tmp_path,
        "update",
        "--source",
        name,
        "--target",
        "y",
        "--models",
        "sgd",
        **plain,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "source: r\\" in done.stdout
    (log,) = (tmp_path / "runtime/logs").glob("*.log")
    assert (
        f"source: {name.encode(errors='backslashreplace').decode()}\n"
        in log.read_text(encoding="utf-8")
    )
    for words in (
        ["status"],
        ["status", "--json"],
        ["verify"],
        ["predict", name, "--output", "x.csv"],
    ):
        assert run(tmp_path, *words, **plain).returncode == 0, words


def test_nobody_has_to_look_on_until_the_end(tmp_path: Path) -> None:
    argv = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "wfgen_actions.pipeline",
        "update",
        "--models",
        "sgd",
        "--batch-rows",
        "100",
    ]
    words = ["--iterations", "40", "--root", str(tmp_path)]
    with subprocess.Popen(
        [*argv, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        assert done.stderr.read() == b""
    assert done.returncode == 0
    (log,) = (tmp_path / "runtime/logs").glob("*.log")
    assert "batch 40: 100 rows" in log.read_text()
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *argv, "--root", str(tmp_path)]
    assert subprocess.run(closed, cwd=ROOT, check=False).returncode == 0


OWN = """
import numpy as np

class Prior:
    view = "plain"
    def __init__(self):
        self.counts = np.zeros(2)
    def partial_fit(self, matrix, target, classes):
        self.counts += np.bincount(target, minlength=len(classes))
        return self
    def predict_proba(self, matrix):
        return np.tile((self.counts + 1) / (self.counts + 1).sum(), (matrix.shape[0], 1))
"""


def test_a_candidate_of_ones_own_competes_and_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    words = ["--models", "sgd,mine:Prior", "--iterations", "2"]
    for batches in (2, 4):
        done = run(tmp_path, "update", *words)
        assert done.returncode == 0, done.stderr
        assert f"batch {batches}:" in done.stdout
    assert '"mine:Prior"' in run(tmp_path, "status", "--json").stdout
    unnamed = run(tmp_path, "verify")
    assert (unnamed.returncode, "which `models` does not name" in unnamed.stderr) == (
        2,
        True,
    )
    assert run(tmp_path, "verify", "--models", "sgd,mine:Prior").returncode == 0
    other = run(tmp_path, "update", "--models", "sgd")
    assert other.returncode == 2
    assert "the state holds the candidates sgd, mine:Prior" in other.stderr


def test_a_signed_state_is_opened_without_the_key_with_one_line_of_warning(
    tmp_path: Path,
) -> None:
    key = {"PIPELINE_STATE_KEY": "correct horse"}
    for _ in range(2):
        assert (
            run(
                tmp_path, "update", "--models", "sgd", "--iterations", "1", **key
            ).returncode
            == 0
        )
    for words in (
        ["status"],
        ["verify"],
        ["history"],
        ["predict", "sample", "--output", "x.csv"],
    ):
        told = run(tmp_path, *words)
        assert told.returncode == 0, told.stderr
        assert [line.partition(":")[0] for line in told.stderr.splitlines()] == [
            "warning"
        ]
        assert not run(tmp_path, *words, **key).stderr
    refused = run(tmp_path, "update", "--models", "sgd")
    assert refused.returncode == 16
    assert "PIPELINE_STATE_KEY is not set" in refused.stderr
    fork = run(tmp_path, "update", "--models", "sgd", GITHUB_EVENT_NAME="pull_request")
    assert fork.returncode == 0
    assert "a trial that stores nothing" in fork.stdout
    assert run(tmp_path, "rollback", "--yes").stdout.endswith(
        ": 1 batches, 1000 rows\n"
    )
    assert run(tmp_path, "rollback", "--yes", **key).returncode == 10
    assert run(tmp_path, "sign", "--remove").stdout.startswith("unsigned now: ")
    assert run(tmp_path, "update", "--models", "sgd").returncode == 0


def test_status_shows_metrics_as_a_table_with_the_baseline_and_the_champion(
    tmp_path: Path,
) -> None:
    run(tmp_path, "update", "--iterations", "3")
    lines = run(tmp_path, "status").stdout.splitlines()
    table = lines[lines.index("metrics:") + 1 :]
    assert table[0].split() == ["auc", "loss"]
    rows = [row.rsplit(maxsplit=2) for row in table[1:-1]]
    assert [row[0] for row in rows if row[0].endswith("*")] == [
        f"{champion_of(lines)} *"
    ]
    assert "  baseline" in [row[0] for row in rows]
    # Who waits for more rows was not scored yet, and comes last.
    losses = [float(row[2]) for row in rows if row[2] != "-"]
    assert losses == sorted(losses)
    assert all(len(line) <= 120 for line in lines)


def champion_of(lines: list[str]) -> str:
    return "  " + next(
        line for line in lines if line.startswith("champion: ")
    ).removeprefix("champion: ")
