"""Populations whose attributes were replaced: refused, or trained on without a traceback.

The long form is a bench.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.choice.champion import Champion
from pipeline.errors import (
    PipelineError,
    SettingsError,
    SourceSchemaError,
    StateTamperedError,
)
from pipeline.features.schema import convert_batch, convert_features, infer_schema
from pipeline.models.population import Population
from pipeline.refit.rows import KeptRows
from pipeline.state.pickles import dump_pickle, load_instance
from pipeline.state.prediction_check import record_predictions
from pipeline.tasks import BINARY, MULTICLASS, REGRESSION
from pipeline.training.engine import _run_in_turn

ROWS = 60
MODELS = {
    BINARY: ("sgd", "mlp", "bayes", "boosting", "refit", "refit_linear"),
    MULTICLASS: ("sgd", "mlp", "bayes", "refit", "refit_linear"),
    REGRESSION: ("linear", "mlp", "boosting", "refit", "refit_linear"),
}
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    3,
    1 << 70,
    0.5,
    float("nan"),
    float("-inf"),
    -1e300,
    "",
    "binary",
    "tree",
    "x\ud800",
    b"",
    (),
    (1.0, 0.0),
    [],
    [None],
    {},
    {"x": {}},
    np.zeros(0),
    np.full(3, np.nan),
    np.zeros((2, 2), dtype=np.int8),
    np.float64(2.0),
]


def make_frame(task: str, seed: int = 0) -> pd.DataFrame:
    random_state = np.random.RandomState(seed)
    number = random_state.standard_normal(ROWS)
    target: Any = number * 3 + 0.5
    if task != REGRESSION:
        target = random_state.randint(0, 2 if task == BINARY else 3, ROWS)
    return pd.DataFrame(
        {
            "number": number,
            "code": random_state.randint(0, 5, ROWS),
            "text": random_state.choice(["a", "b", "c"], ROWS),
            "date": pd.date_range("2024-01-01", periods=ROWS, freq="7h"),
            "target": target,
        }
    )


def train(population: Population, frame: pd.DataFrame) -> None:
    table = convert_batch(population.schema, frame)
    population.switch_to_multiclass()
    population.score_and_train(table, _run_in_turn)


def make_population(task: str) -> Population:
    schema, inferred = infer_schema(make_frame(task), "target", task, ())
    kept = KeptRows(200, seed=1)
    population = Population(schema, MODELS[task], 1, kept_rows=kept)
    population.refit_seconds = 0.01
    train(population, inferred.frame)
    train(population, make_frame(task, 1))
    return population


@pytest.fixture(scope="module")
def populations() -> dict[str, Population]:
    pytest.importorskip("lightgbm")
    return {task: make_population(task) for task in MODELS}


Place = tuple[Any, Any]


def list_places(value: Any, seen: set[int]) -> list[Place]:  # noqa: ANN401  # anything a state holds
    """Every owner and the attribute, key or index in it."""
    if id(value) in seen or isinstance(value, str | bytes | int | float | type(None)):
        return []
    seen.add(id(value))
    places: list[Place] = []
    parts: dict[Any, Any] = {}
    if isinstance(value, dict):
        parts = value
    elif isinstance(value, list):
        parts = dict(enumerate(value[:3]))
    elif isinstance(value, np.ndarray):
        return [(value, tuple(0 for _ in value.shape))] if value.size else []
    elif type(value).__module__.startswith(("pipeline.", "sklearn.")):
        parts = getattr(value, "__dict__", {})
        value = parts
    for name, part in list(parts.items()):
        places.append((value, name))
        places += list_places(part, seen)
    return places


def damage(places: list[Place], chance: random.Random) -> Callable[[], None]:
    """Replace one part; what puts it back is returned."""
    owner, name = chance.choice(places)
    before = owner[name]
    replacement = chance.choice(VALUES)
    if isinstance(owner, np.ndarray):
        numbers = [0, 1, -1, 100] + [np.nan, np.inf, 1e300] * (owner.dtype.kind == "f")
        with np.errstate(over="ignore"):
            owner[name] = chance.choice(numbers)
    elif isinstance(before, str) and len(before) > 500:
        place = chance.randrange(len(before))
        inserted = chance.choice(["9", "-", "\n", "", "num_cat=1\n", "e", " 7"])
        owner[name] = before[:place] + inserted + before[place + chance.randrange(3) :]
    elif isinstance(before, np.ndarray) and chance.randrange(2):
        shapes = [before[:-1], before.T, before.astype(np.float16), before[..., None]]
        owner[name] = np.ascontiguousarray(chance.choice(shapes))
    else:
        owner[name] = replacement

    def put_back() -> None:
        owner[name] = before

    return put_back


def use(content: bytes, task: str) -> None:
    """What `update` and `predict` do with a state; raises PipelineError at most."""
    population = load_instance(Population, content, "population")
    frame = make_frame(task, 2)
    population.create_champion().predict(convert_features(population.schema, frame))
    record_predictions(population)
    train(population, frame)
    champion = dump_pickle(population.create_champion())
    load_instance(Population, dump_pickle(population), "population")
    load_instance(Champion, champion, "champion")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [12, pytest.param(7000, marks=pytest.mark.bench)])
@pytest.mark.parametrize("task", MODELS)
def test_replaced_attributes_are_refused_or_do_no_harm(
    populations: dict[str, Population], task: str, count: int
) -> None:
    population = populations[task]
    places = list_places(population, set())
    chance = random.Random(3)  # noqa: S311  # no secret
    refused = 0
    for _ in range(count):
        put_back = damage(places, chance)
        try:
            content = dump_pickle(population)
        finally:
            put_back()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                use(content, task)
        except PipelineError as error:
            # A third class may turn up where two were known, and not go with `models`;
            # a column may have another name or type, as of another source.
            expected = (SettingsError, SourceSchemaError, StateTamperedError)
            assert isinstance(error, expected), error.message  # noqa: PT017  # of many
            refused += 1
    assert refused >= count / 2


@pytest.mark.parametrize("what", ["all_targets", "target_sums"])
def test_rates_that_no_amounts_have_are_refused(
    populations: dict[str, Population], what: str
) -> None:
    content = dump_pickle(populations[REGRESSION])
    copied = load_instance(Population, content, "population")
    encoder = copied.encoder.target_encoder
    setattr(encoder, what, getattr(encoder, what) + 1e300)
    with pytest.raises(StateTamperedError, match="target rates"):
        load_instance(Population, dump_pickle(copied), "population")


HOSTILE: dict[str, Callable[[Population], None]] = {
    "a column's number": lambda one: vars(one.encoder).update(
        column_numbers=dict.fromkeys(one.encoder.column_numbers, float("nan"))
    ),
    "a hidden view": lambda one: vars(one.candidates["bayes"]).update(view="wide"),
    "a narrow linear model": lambda one: vars(
        vars(one.candidates["sgd"])["estimators"][0]
    ).update(coef_=np.zeros((1, 3))),
    "a narrow network": lambda one: vars(
        vars(one.candidates["mlp"])["estimator"]
    ).update(coefs_=[np.zeros((3, 32)), np.zeros((32, 1))]),
    "no candidates": lambda one: one.candidates.clear(),
    "no metrics": lambda one: one.metrics.clear(),
    "a champion of another name": lambda one: vars(one).update(best="x"),
    "another schema": lambda one: vars(one).update(
        schema=make_population(BINARY).schema
    ),
    "a curvature that cancels the ridge": lambda one: vars(
        one.ensembles["weighted"]
    ).update(curvature=-5000 * np.eye(len(one.candidates))),
    "a regression that lost its fits": lambda one: vars(
        one.candidates["refit_linear"]
    ).update(fits=[]),
    "counts of rows that are none": lambda one: vars(one).update(rows=-1),
    "trees that ask beyond the features": lambda one: vars(
        one.candidates["boosting"]
    ).update(
        tree_chunks=[
            vars(one.candidates["boosting"])["tree_chunks"][0].replace(
                "split_feature=", "split_feature=9999999 ", 1
            )
        ]
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_population_is_refused_with_the_reason(
    populations: dict[str, Population], what: str
) -> None:
    copied = load_instance(Population, dump_pickle(populations[BINARY]), "population")
    HOSTILE[what](copied)
    with pytest.raises(StateTamperedError, match="of another kind than ours"):
        load_instance(Population, dump_pickle(copied), "population")


def test_a_column_without_a_number_yet_is_predicted_with(
    populations: dict[str, Population],
) -> None:
    """As one that joined in a batch without a target in any row."""
    population = populations[REGRESSION]
    copied = load_instance(Population, dump_pickle(population), "population")
    copied.encoder.column_numbers.clear()
    columns = convert_features(copied.schema, make_frame(REGRESSION, 2))
    assert len(copied.create_champion().predict(columns)) == ROWS
