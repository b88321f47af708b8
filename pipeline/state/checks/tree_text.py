"""LightGBM's text of the trees of one batch, as far as its parser may be given it.

The parser (`LoadModelFromString` in src/boosting/gbdt_model_text.cpp, `Tree::Tree` in
src/io/tree.cpp) follows the numbers in it without a look, and searches for `=` beyond
the end: a child, a feature or a line that is not there is read wherever that is. So each
line is checked, in the order and in the form in which `SaveModelToString` and
`Tree::ToString` write it. What follows the trees (importances, parameters) is never
given to the parser: `ContinuedBoosting` cuts it off.
"""

from __future__ import annotations

import math
import re

from ...models.boosting import LEAVES, TREES_A_BATCH, TREES_END, get_trees
from .requirements import require

WHAT = "trees"
# Lines of the head, after the first.
HEADER = (
    "version=v4",
    "num_class=1",
    "num_tree_per_iteration=1",
    "label_index=0",
)
# For two classes and for amounts.
OBJECTIVES = {"binary sigmoid:1", "regression"}
# As C++ writes numbers; a longer one is none of a float.
_NUMBER = r"-?(?:0|[1-9]\d{0,19})(?:\.\d{1,20})?(?:e[+-]\d{2,3})?"
_BOUND = rf"(?:{_NUMBER}|-?inf)"
NUMBER = re.compile(_NUMBER)
# Infinite where a leaf takes what is missing alone.
THRESHOLD = re.compile(_BOUND)
# What tells of the training and is not predicted with.
STATISTIC = re.compile(rf"{_NUMBER}|-?inf|-?nan")
INTEGER = re.compile(r"0|-?[1-9]\d{0,8}")
# A column: its least and greatest value, or that it never varied.
FEATURE = re.compile(rf"none|\[{_BOUND}:{_BOUND}\]")
# Bits: a missing value goes left; and how one is spelled. No category.
DECISIONS = {0, 2, 4, 6, 8, 10}
# The lines of a tree, with how each of their words is written and whether there is one
# for each node between the leaves; else for each leaf.
TREE_LINES = (
    ("split_feature", INTEGER, True),
    ("split_gain", STATISTIC, True),
    ("threshold", THRESHOLD, True),
    ("decision_type", INTEGER, True),
    ("left_child", INTEGER, True),
    ("right_child", INTEGER, True),
    ("leaf_value", NUMBER, False),
    ("leaf_weight", STATISTIC, False),
    ("leaf_count", INTEGER, False),
    ("internal_value", STATISTIC, True),
    ("internal_weight", STATISTIC, True),
    ("internal_count", INTEGER, True),
)
# A tree without a split may lack them.
OPTIONAL_LINES = {"leaf_weight", "leaf_count"}


class _Lines:
    """Lines `name=value`, taken one after the other."""

    def __init__(self, text: str) -> None:
        # No other sign ends a line: Python knows more of them than C++ does.
        self.left = text.split("\n")[::-1]

    def take(self, name: str) -> str:
        """The value of the next line; raises UnpicklingError where it is another one."""
        line = self.left.pop() if self.left else ""
        found, sign, value = line.partition("=")
        require(found == name and sign, WHAT)
        return value

    def take_words(
        self, name: str, form: re.Pattern[str], counts: tuple[int, ...]
    ) -> list[str]:
        """The words of the next line, each of this form and as many as one of `counts`."""
        value = self.take(name)
        words = value.split(" ") if value else []
        require(len(words) in counts, WHAT)
        require(all(map(form.fullmatch, words)), WHAT)
        return words

    def take_line(self, expected: str) -> None:
        """Pass over a line that always is the same."""
        require(self.left and self.left.pop() == expected, WHAT)


def check_trees(text: str, feature_count: int) -> None:
    """Check the text of the trees of one batch; raises UnpicklingError."""
    trees_text = get_trees(text)
    require(trees_text.isascii() and "\0" not in trees_text, WHAT)
    head, *trees = re.split(r"^(?=Tree=)", trees_text, flags=re.MULTILINE)
    require(1 <= len(trees) <= TREES_A_BATCH, WHAT)
    trees[-1], separator, rest = trees[-1].partition(TREES_END)
    require(separator and not rest, WHAT)
    lines = _Lines(head)
    for line in ("tree", *HEADER, f"max_feature_idx={feature_count - 1}"):
        lines.take_line(line)
    require(lines.take("objective") in OBJECTIVES, WHAT)
    names = " ".join(f"Column_{number}" for number in range(feature_count))
    require(lines.take("feature_names") == names, WHAT)
    lines.take_words("feature_infos", FEATURE, (feature_count,))
    # By them the parser finds each tree.
    sizes = " ".join(str(len(tree)) for tree in trees)
    require(lines.take("tree_sizes") == sizes, WHAT)
    require(lines.left == ["", ""], WHAT)
    for number, tree in enumerate(trees):
        _check_tree(_Lines(tree), number, feature_count)


def _check_tree(lines: _Lines, number: int, feature_count: int) -> None:
    lines.take_line(f"Tree={number}")
    (word,) = lines.take_words("num_leaves", INTEGER, (1,))
    leaves = int(word)
    require(1 <= leaves <= LEAVES, WHAT)
    nodes = leaves - 1
    lines.take_line("num_cat=0")
    values: dict[str, list[str]] = {}
    for name, form, is_of_nodes in TREE_LINES:
        counts: tuple[int, ...] = (nodes,) if is_of_nodes else (leaves,)
        if not nodes and name in OPTIONAL_LINES:
            counts = (0, 1)
        values[name] = lines.take_words(name, form, counts)
    lines.take_line("is_linear=0")
    (shrinkage,) = lines.take_words("shrinkage", NUMBER, (1,))
    require(lines.left == ["", "", ""], WHAT)
    for word in (*values["leaf_value"], shrinkage):
        require(math.isfinite(float(word)), WHAT)
    for word in values["split_feature"]:
        require(0 <= int(word) < feature_count, WHAT)
    for word in values["decision_type"]:
        require(int(word) in DECISIONS, WHAT)
    _check_children(values["left_child"], values["right_child"], leaves)


def _check_children(left: list[str], right: list[str], leaves: int) -> None:
    reached = []
    for words in (left, right):
        for node, word in enumerate(words):
            child = int(word)
            # A node is made after the one above it, so that none leads back up.
            require(child > node or child < 0, WHAT)
            reached.append(child)
    if reached:
        expected = [*range(-leaves, 0), *range(1, leaves - 1)]
        require(sorted(reached) == expected, WHAT)
