"""Pickles made by hand, as an attacker would.

Through listed classes, opcodes and numpy; none runs or imports.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import SGDClassifier

from pipeline.errors import PipelineError, StateTamperedError
from pipeline.models.linear import LinearModel
from pipeline.models.user_model import UserModel
from pipeline.state.pickles import dump_pickle, load_pickle

SGD = ("sklearn.linear_model._stochastic_gradient", "SGDClassifier")
EVIL = "evil_module_of_a_state:make"


def load(body: bytes, *models: str) -> Any:  # noqa: ANN401
    return load_pickle(b"\x80\x04" + body + b".", "model", models)


def named(module: str, name: str) -> bytes:
    return value(module) + value(name) + pickle.STACK_GLOBAL


def value(thing: object) -> bytes:
    """The opcodes that put a thing on the stack, without frame and memo."""
    content = pickle.dumps(thing, protocol=4)
    found = list(pickletools.genops(content))
    ends = [position for _, _, position in found[1:]] + [len(content)]
    skipped = {"PROTO", "FRAME", "STOP", "MEMOIZE"}
    parts = zip(found, ends, strict=True)
    return b"".join(
        content[start:end]
        for (code, _, start), end in parts
        if code.name not in skipped
    )


def empty(module: str, name: str) -> bytes:
    return named(module, name) + pickle.EMPTY_TUPLE + pickle.NEWOBJ


def filled(made: bytes, **attributes: bytes) -> bytes:
    pairs = b"".join(value(name) + content for name, content in attributes.items())
    return (
        made + pickle.EMPTY_DICT + pickle.MARK + pairs + pickle.SETITEMS + pickle.BUILD
    )


def called(function: bytes, *arguments: bytes) -> bytes:
    return function + pickle.MARK + b"".join(arguments) + pickle.TUPLE + pickle.REDUCE


def dtype(name: str) -> bytes:
    return called(named("numpy", "dtype"), value(name), value(False), value(True))


OBJECTS = dtype("O")
POINTERS = OBJECTS + value((3, "|", None, None, None, -1, -1, 0)) + pickle.BUILD
"""A type of pointers that says of itself that it holds none: numpy would follow any bytes."""
OWN = named("pipeline.models", "Own")
CALLS = {
    "a class with arguments": called(OWN, value("binary"), value(EVIL)),
    "a class that makes candidates": called(
        named("pipeline.population", "Population"),
        value(None),
        value((EVIL,)),
        value(1),
    ),
    "a class with arguments, by protocol 0": pickle.MARK
    + value("binary")
    + value(EVIL)
    + b"ipipeline.models\nOwn\n",
    "a class with arguments, by OBJ": pickle.MARK
    + OWN
    + value("binary")
    + value(EVIL)
    + pickle.OBJ,
    "NEWOBJ with arguments": OWN + value(("binary", EVIL)) + pickle.NEWOBJ,
    "NEWOBJ_EX": OWN + value(()) + value({"name": EVIL}) + pickle.NEWOBJ_EX,
    "NEWOBJ of an object": filled(empty("pipeline.models", "Bayes"), __new__=OWN)
    + value(("x",))
    + pickle.NEWOBJ,
    "an object's own __setstate__": filled(
        filled(empty("pipeline.models", "Bayes"), __setstate__=OWN)
    ),
    "an object's own extend": filled(empty("pipeline.models", "Bayes"), extend=OWN)
    + pickle.MARK
    + value(1)
    + pickle.APPENDS,
    "an object's own append": filled(empty("pipeline.models", "Bayes"), append=OWN)
    + value(1)
    + pickle.APPEND,
    "an object's own add": filled(empty("pipeline.models", "Bayes"), add=OWN)
    + pickle.MARK
    + value(1)
    + pickle.ADDITEMS,
    "items of a list": value([]) + value(1) + value(1) + pickle.SETITEM,
    "a random generator of any class": called(
        named("numpy.random._pickle", "__bit_generator_ctor"), OWN
    ),
    "a random state by any function": called(
        named("numpy.random._pickle", "__randomstate_ctor"), value("x"), OWN
    ),
    "an attribute of a class": named(*SGD)
    + value((None, {"loss_functions": {}}))
    + pickle.BUILD,
    "an extension": pickle.EXT1 + b"\x01",
    "a persistent id": value("x") + pickle.BINPERSID,
    "a dotted name": called(
        named("pipeline.models", "importlib.import_module"), value("this")
    ),
    "a submodule of a listed one": named("pipeline.models", "make_own"),
    "os.system": called(named("os", "system"), value("true")),
}
TYPES = {
    "a method": filled(empty("pipeline.population", "Champion"), predict=OWN),
    "the table of losses": filled(
        empty(*SGD),
        loss_functions=value({})
        + value("log_loss")
        + OWN
        + value((EVIL,))
        + pickle.TUPLE2
        + pickle.SETITEM,
    ),
    "a candidate of another name": filled(
        empty("pipeline.models", "Own"), name=value(EVIL), learner=value(None)
    ),
    "a candidate without a name": filled(
        empty("pipeline.models", "Own"), task=value("binary")
    ),
    "candidates to be made anew": filled(
        empty("pipeline.population", "Population"), names=value((EVIL,))
    ),
    "candidates that can change": filled(
        empty("pipeline.population", "Population"), names=value([EVIL])
    ),
    "a linear model of another kind": filled(
        empty("pipeline.models", "Linear"),
        learners=value([])
        + filled(empty("pipeline.moments", "Moments"), loss_functions=value({}))
        + pickle.APPEND,
    ),
    "a linear model without learners": empty("pipeline.models", "Linear"),
    "a linear model that is changed after it was filled": filled(
        empty("pipeline.models", "Linear"), learners=value([]) + pickle.MEMOIZE
    )
    + pickle.BINGET
    + b"\x00"
    + empty("pipeline.models", "Bayes")
    + pickle.APPEND
    + pickle.POP,
    "attributes beside the dict": empty("pipeline.models", "Bayes")
    + value((None, {"raw": 1}))
    + pickle.BUILD,
    "attributes that are no dict": empty("pipeline.models", "Bayes")
    + value([1])
    + pickle.BUILD,
}
ARRAYS = {
    "objects": OBJECTS,
    "pointers": POINTERS,
    "records": dtype("V8"),
    "a record with objects": dtype("f8,O"),
    "no name": called(
        named("numpy", "dtype"), value({"names": ["x"], "formats": ["O"]})
    ),
    "other flags": dtype("f8")
    + value((3, "<", None, None, None, -1, -1, 63))
    + pickle.BUILD,
    "another size": dtype("U4")
    + value((3, "<", None, None, None, 1 << 20, 4, 8))
    + pickle.BUILD,
    "an array of its own memory": named("numpy", "ndarray")
    + value(((2,), "O", b"A" * 16))
    + pickle.NEWOBJ,
    "an array by call": called(
        named("numpy", "ndarray"), value((2,)), value("O"), value(b"A" * 16)
    ),
    "a scalar of objects": called(
        named("numpy._core.multiarray", "scalar"), OBJECTS, value(b"A" * 8)
    ),
    "a scalar beyond its bytes": called(
        named("numpy._core.multiarray", "scalar"), dtype("f8"), value(b"A")
    ),
}
WRAPPER = empty("joblib.numpy_pickle", "NumpyArrayWrapper")
KEPT = {
    "subclass": named("numpy", "ndarray"),
    "shape": value((2,)),
    "order": value("C"),
    "dtype": dtype("f8"),
    "allow_mmap": value(False),
    "numpy_array_alignment_bytes": value(16),
}
WRAPPED = {
    "an object for a type": {
        "dtype": filled(
            empty("pipeline.models", "Bayes"), hasobject=value(False), itemsize=value(8)
        )
    },
    "a method": {"read": OWN},
    "a method more": {"read_array": OWN},
    "no shape": {"shape": value(3)},
    "a negative shape": {"shape": value((-1,))},
    "a shape beyond memory": {"shape": value((1 << 40, 1 << 20))},
    "a shape that overflows": {"shape": value((1 << 62, 4))},
    "bytes that are not there": {"shape": value((1000,))},
}


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that the states above would have imported; whether it was shows in a file."""
    witness = tmp_path / "it ran"
    text = f"from pathlib import Path\nPath({str(witness)!r}).touch()\ndef make(): return None\n"
    (tmp_path / f"{EVIL.partition(':')[0]}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return witness


@pytest.mark.parametrize("what", [*CALLS, *TYPES])
def test_nothing_is_called_imported_or_replaced_through_what_is_listed(
    evil: Path, what: str
) -> None:
    modules = set(sys.modules)
    with pytest.raises(StateTamperedError, match="is not a pickle of this pipeline"):
        load((CALLS | TYPES)[what])
    assert not evil.exists()
    assert not {name for name in set(sys.modules) - modules if "evil" in name}
    assert isinstance(SGDClassifier.loss_functions, dict)
    assert SGDClassifier.loss_functions


def test_a_class_that_is_named_is_nothing_to_call() -> None:
    """Code that calls what it finds in an attribute would call it."""
    for name in (SGD, ("numpy", "ndarray"), ("numpy", "dtype")):
        assert not callable(load(named(*name)))


@pytest.mark.parametrize("what", list(ARRAYS))
def test_numpy_is_told_of_no_pointers(what: str) -> None:
    with pytest.raises(StateTamperedError, match="is not a pickle of this pipeline"):
        load(ARRAYS[what])


def test_the_array_that_attacks_start_from_is_read() -> None:
    content = load(filled(WRAPPER, **KEPT) + b"\x00" + np.array([1.0, 2.0]).tobytes())
    assert_array_equal(content, [1.0, 2.0])


@pytest.mark.parametrize("what", list(WRAPPED))
def test_an_array_is_read_only_as_a_plain_one(what: str) -> None:
    with pytest.raises(StateTamperedError, match="is not a pickle of this pipeline"):
        load(filled(WRAPPER, **(KEPT | WRAPPED[what])) + b"\x00" + b"A" * 16)


def test_an_array_of_objects_is_refused_as_joblib_and_as_pickle_write_it() -> None:
    sink = io.BytesIO()
    joblib.dump(np.array([1, None], dtype=object), sink)
    for content in (sink.getvalue(), pickle.dumps(np.array([1, None], dtype=object))):
        with pytest.raises(StateTamperedError):
            load_pickle(content, "model")


@pytest.mark.parametrize("position", [-1, 625, 10**8, None, True])
def test_a_random_state_points_into_its_own_words(position: object) -> None:
    """Numpy reads from wherever it is told to."""
    source = np.random.RandomState(1)
    assert_array_equal(
        load_pickle(dump_pickle(source), "model").random(3), source.random(3)
    )
    generator = called(
        named("numpy.random._pickle", "__bit_generator_ctor"),
        named("numpy.random._mt19937", "MT19937"),
    )
    held = {"bit_generator": "MT19937", "state": {"key": [0] * 624, "pos": position}}
    for state in ((held, None), held):
        with pytest.raises(StateTamperedError, match="random state that is none"):
            load(generator + value(state) + pickle.BUILD)


@pytest.mark.parametrize(
    "wrong",
    [{"average": True}, {"average": 10}, {"coef_": np.zeros((0, 9))}, {"coef_": [0.0]}],
)
def test_a_linear_model_whose_arrays_are_too_short_for_what_is_written_to_them(
    wrong: dict[str, Any],
) -> None:
    learner = SGDClassifier(loss="log_loss").partial_fit(
        np.eye(9)[:2], [0, 1], classes=[0, 1]
    )
    assert_array_equal(load_pickle(dump_pickle(learner), "model").coef_, learner.coef_)
    learner.__dict__.update(wrong)
    with pytest.raises(StateTamperedError, match="linear model"):
        load_pickle(dump_pickle(learner), "model")


MINE = """
class Prior:
    def partial_fit(self, matrix, target, classes=None):
        return self
"""


def test_a_candidate_of_ones_own_is_loaded_where_the_settings_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_for_unpickling.py").write_text(MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    name = "mine_for_unpickling:Prior"
    own = UserModel("binary", name)
    own.partial_fit(np.eye(2), np.zeros(2), 2, None)
    content = dump_pickle(own)
    assert type(load_pickle(content, "model", [name]).estimator).__name__ == "Prior"
    for models in ([], ["linear"], ["mine_for_unpickling:Other"]):
        with pytest.raises(PipelineError, match=r"Prior|Other"):
            load_pickle(content, "model", models)


def test_every_truncation_and_many_damages_of_a_real_model_are_said_and_crash_nothing() -> (
    None
):
    learner = LinearModel("binary", 1, "plain")
    learner.partial_fit(np.eye(20), np.arange(20.0) % 2, 2, None)
    content = dump_pickle(learner)
    chance = np.random.default_rng(1)
    for end in range(0, len(content) - 1, 7):
        with pytest.raises(StateTamperedError):
            load_pickle(content[:end], "model")
    for place in chance.integers(0, len(content), 1500):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(chance.integers(8))
        try:
            load_pickle(bytes(damaged), "model")
        except StateTamperedError:
            continue


def test_what_scikit_learn_wrote_before_its_modules_knew_their_package_is_read() -> (
    None
):
    """Up to 1.8 its Cython losses were pickled as of a module `_loss`, which nothing finds."""
    loss = load(called(named("_loss", "CyHalfBinomialLoss")))
    assert type(loss).__name__ == "CyHalfBinomialLoss"
    with pytest.raises(StateTamperedError, match=r"_loss\.closs"):
        load(named("_loss", "closs"))
