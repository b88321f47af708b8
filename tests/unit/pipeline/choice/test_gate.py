"""The gate: which runs may be stored, and that nothing is where one may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.choice.gate import RunFigures, check_gate
from pipeline.errors import QualityGateError, SettingsError
from pipeline.settings import load
from tests.unit.pipeline.flowers import document, flowers, put, train

GOOD = RunFigures(("auc", 0.8), 0.5, 0.69)
WORSE = RunFigures(("auc", 0.5), 0.7, 0.69)
AMOUNT = RunFigures(("rmse", 12.0), 0.3, 1.0)


@pytest.mark.parametrize(
    ("gate", "figures", "before"),
    [
        ("baseline", WORSE, None),
        ("previous", WORSE, ("auc", 0.8)),
        ("previous", AMOUNT, ("rmse", 11.0)),
        ("0.81", GOOD, None),
        ("11.5", AMOUNT, None),
    ],
)
def test_a_run_that_is_worse_is_refused(
    gate: str, figures: RunFigures, before: tuple[str, float] | None
) -> None:
    with pytest.raises(QualityGateError):
        check_gate(gate, figures, before)


@pytest.mark.parametrize(
    ("gate", "figures", "before"),
    [
        ("none", WORSE, ("auc", 0.99)),
        ("baseline", GOOD, None),
        ("baseline", RunFigures(None, None, None), None),
        ("previous", GOOD, ("auc", 0.83)),
        ("previous", GOOD, ("accuracy", 0.99)),
        ("previous", AMOUNT, ("rmse", 11.8)),
        ("0.79", GOOD, None),
        ("12.5", AMOUNT, None),
    ],
)
def test_a_run_that_is_good_enough_passes(
    gate: str, figures: RunFigures, before: tuple[str, float] | None
) -> None:
    check_gate(gate, figures, before)


@pytest.mark.parametrize("text", ["", "best", "-1", "1e3", "true", "nan"])
def test_a_gate_is_one_of_three_words_or_a_number(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="it must be one of none, baseline"):
        load(tmp_path, {}, {"gate": text})


def test_what_the_gate_refuses_is_not_stored(tmp_path: Path) -> None:
    put(tmp_path, flowers(1000))
    train(tmp_path, ignore="score", models="sgd", iterations=2)
    before = document(tmp_path)
    with pytest.raises(QualityGateError, match=r"is below 0\.999"):
        train(tmp_path, ignore="score", models="sgd", gate=0.999, iterations=2)
    assert document(tmp_path) == before
    train(tmp_path, ignore="score", models="sgd", gate="baseline", iterations=2)
    assert document(tmp_path)["counters"]["batches"] == 4
    own = document(tmp_path)["history"][-1]["own_metric"]
    assert own["name"] == "auc"
    assert own != document(tmp_path)["metric"]
