"""Boosted trees as plain arrays, whoever grew them.

Nothing of a library is stored: what is read back from a state is checked as numbers, and
scikit-learn's compiled loop predicts with it, for LightGBM's trees as well.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Estimator: TypeAlias = Any  # scikit-learn has no types


class Tree(NamedTuple):
    """One tree: arrays of shape (nodes,), the root first, each child behind its parent.

    A leaf has itself as both children. `values` are those of leaves, 0 elsewhere.
    """

    features: NDArray[np.int32]
    thresholds: Array
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    values: Array


class Forest:
    """Trees one after the other, in rounds of `outputs` trees each.

    Arrays of all nodes together, of shape (nodes,), as in `Tree`, but children count
    from the first node of their own tree; `sizes` are the nodes of each tree.
    """

    def __init__(self, outputs: int, start: Array, trees: list[Tree]) -> None:
        self.outputs = outputs
        self.start = start
        self.sizes = np.array([len(tree.values) for tree in trees], dtype=np.int64)
        joined = list(map(np.concatenate, zip(*trees, strict=True)))
        self.features, self.thresholds, self.left, self.right = joined[:4]
        self.missing_left, self.values = joined[4:]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("_predictors", None)
        return state

    @property
    def rounds(self) -> int:
        """How many rounds were grown."""
        return len(self.sizes) // self.outputs

    def predict_stages(self, matrix: Array, stages: list[int]) -> list[Array]:
        """Raw scores of shape (rows, outputs) after so many rounds each, ascending."""
        data = np.ascontiguousarray(matrix, dtype=np.float64)
        # The compiled loop reads whatever lies there.
        if data.ndim != 2 or data.shape[1] <= self.features.max():  # noqa: PLR2004
            raise ValueError("a matrix has fewer columns than the trees look at")
        total = np.tile(self.start, (len(data), 1))
        results = []
        done = 0
        for stage in stages:
            end = stage * self.outputs
            for number in range(done, end):
                total[:, number % self.outputs] += self._predict_tree(number, data)
            done = max(done, end)
            results.append(total.copy())
        return results

    @cached_property
    def _predictors(self) -> list[Any]:
        """scikit-learn's own form of the trees."""
        from sklearn.ensemble._hist_gradient_boosting import (  # noqa: PLC0415  # slow
            common,
            predictor,
        )

        nodes = np.zeros(len(self.values), dtype=common.PREDICTOR_RECORD_DTYPE)
        nodes["value"] = self.values
        nodes["feature_idx"] = self.features
        nodes["num_threshold"] = self.thresholds
        nodes["missing_go_to_left"] = self.missing_left
        nodes["left"] = self.left
        nodes["right"] = self.right
        own = np.concatenate([np.arange(size) for size in self.sizes])
        nodes["is_leaf"] = self.left == own
        bits = np.zeros((0, 8), dtype=np.uint32)
        ends = np.cumsum(self.sizes)[:-1]
        trees = np.split(nodes, ends)
        return [predictor.TreePredictor(tree, bits, bits) for tree in trees]

    def _predict_tree(self, number: int, data: Array) -> Array:
        bits = np.zeros((0, 8), dtype=np.uint32)
        places = np.zeros(0, dtype=np.uint32)
        tree = self._predictors[number]
        return np.asarray(tree.predict(data, bits, places, 1))


def read_lightgbm(text: str) -> list[Tree]:
    """The trees in a model that LightGBM has just written.

    What is missing goes where its flag says, or where 0 goes in a column that had
    nothing missing (`Tree::NumericalDecision` in include/LightGBM/tree.h).
    """
    return list(map(_read_tree, _split_trees(text)))


def _split_trees(text: str) -> Iterator[dict[str, str]]:
    body = text.partition("end of trees")[0]
    for block in body.split("\nTree=")[1:]:
        yield dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)


def _read_tree(lines: dict[str, str]) -> Tree:
    leaf_values = _read(lines, "leaf_value", np.float64)
    leaves, inner = len(leaf_values), len(leaf_values) - 1
    own = np.arange(leaves + inner, dtype=np.int32)
    features = np.zeros(leaves + inner, dtype=np.int32)
    thresholds = np.zeros(leaves + inner)
    missing_left = np.zeros(leaves + inner, dtype=bool)
    left, right = own.copy(), own.copy()
    values = np.zeros(leaves + inner)
    values[inner:] = leaf_values
    if inner:
        features[:inner] = _read(lines, "split_feature", np.int32)
        thresholds[:inner] = _read(lines, "threshold", np.float64)
        left[:inner] = _find_children(_read(lines, "left_child", np.int32), inner)
        right[:inner] = _find_children(_read(lines, "right_child", np.int32), inner)
        decisions = _read(lines, "decision_type", np.int64)
        knows_missing = (decisions >> 2) & 3 == 2  # noqa: PLR2004  # NaN, see tree.h
        goes_left = (decisions & 2) > 0
        as_zero = thresholds[:inner] >= 0
        missing_left[:inner] = np.where(knows_missing, goes_left, as_zero)
    return Tree(features, thresholds, left, right, missing_left, values)


def _read(lines: dict[str, str], name: str, dtype: type) -> NDArray[Any]:
    return np.array(lines[name].split(), dtype=dtype)


def _find_children(children: NDArray[Any], inner: int) -> NDArray[Any]:
    """Leaf k is written as -k-1; here it lies behind the inner nodes."""
    return np.where(children < 0, inner - children - 1, children)


def read_hist_gradient_boosting(estimator: Estimator) -> tuple[Array, list[Tree]]:
    """Start and trees of scikit-learn's estimator."""
    trees: list[Tree] = []
    for predictors in estimator._predictors:  # noqa: SLF001  # not public
        trees += [_convert_nodes(one.nodes) for one in predictors]
    start = np.asarray(estimator._baseline_prediction)  # noqa: SLF001  # as above
    return start.reshape(-1).astype(np.float64), trees


def _convert_nodes(nodes: NDArray[Any]) -> Tree:
    own = np.arange(len(nodes), dtype=np.int32)
    is_leaf = nodes["is_leaf"] > 0
    return Tree(
        nodes["feature_idx"].astype(np.int32),
        nodes["num_threshold"].astype(np.float64),
        np.where(is_leaf, own, nodes["left"]).astype(np.int32),
        np.where(is_leaf, own, nodes["right"]).astype(np.int32),
        nodes["missing_go_to_left"] > 0,
        np.where(is_leaf, nodes["value"], 0.0),
    )
