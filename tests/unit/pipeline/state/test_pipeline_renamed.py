"""Names in the pickles of older states: each leads to what it is called now."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from pipeline.choice.champion import Champion
from pipeline.errors import StateTamperedError
from pipeline.features.schema import Schema
from pipeline.features.target_encoder import TargetEncoder
from pipeline.models.population import Population
from pipeline.settings import MODELS
from pipeline.state import pickles
from pipeline.state.class_names import RENAMED, RENAMED_ATTRIBUTES
from pipeline.state.pickles import CLASSES

OWN = [name for name in RENAMED.values() if name[0].startswith("pipeline.")]
ADDED_AT_LOADING = {
    ("pipeline.models.population", "Population"),
    ("pipeline.models.user_model", "UserModel"),
}


@pytest.mark.parametrize("name", sorted(set(OWN)), ids=".".join)
def test_a_name_of_old_leads_to_a_class_that_is_listed(name: tuple[str, str]) -> None:
    module, qualified = name
    assert isinstance(getattr(importlib.import_module(module), qualified), type)
    assert name in CLASSES.keys() | ADDED_AT_LOADING


@pytest.mark.parametrize("name", RENAMED_ATTRIBUTES, ids=".".join)
def test_renamed_attributes_belong_to_a_class_that_is_listed(
    name: tuple[str, str],
) -> None:
    assert name in OWN


def test_todays_objects_have_the_attributes_that_older_ones_are_given() -> None:
    models = [name for name in MODELS if name != "boosting"]
    population = Population(Schema("target", "binary"), models, 1)
    champion = Champion("sgd", population.encoder, {}, None, (0.0, 1.0))
    objects = [
        population,
        champion,
        population.encoder,
        population.encoder.target_encoder,
        *population.candidates.values(),
    ]
    for one in objects:
        name = (type(one).__module__, type(one).__name__)
        expected = RENAMED_ATTRIBUTES.get(name, {})
        assert set(expected.values()) <= vars(one).keys(), name


def test_attributes_of_old_are_read_as_what_they_are_called_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoder = TargetEncoder(as_log_odds=False)
    encoder.partial_fit([np.arange(3, dtype=np.uint64)], np.ones(3))
    old = TargetEncoder.__new__(TargetEncoder)
    old.__dict__.update(
        odds=encoder.as_log_odds,
        rows=encoder.row_counts,
        targets=encoder.target_sums,
        all_rows=encoder.all_rows,
        all_targets=encoder.all_targets,
    )
    read = pickles.load_pickle(pickles.dump_pickle(old), "state")
    assert vars(read).keys() == vars(encoder).keys()
    np.testing.assert_array_equal(read.row_counts, encoder.row_counts)
    # Without the table they would stay what they were, which no class holds now.
    monkeypatch.setattr(pickles, "RENAMED_ATTRIBUTES", {})
    with pytest.raises(StateTamperedError, match="a target encoder with attributes"):
        pickles.load_pickle(pickles.dump_pickle(old), "state")
