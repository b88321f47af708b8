"""What the text of a Python script says about training; nothing is imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# No module written by hand is that large.
MAX_BYTES = 1_000_000
_FITS = re.compile(
    r"\.(?:partial_fit|fit|fit_transform|fit_generator)\(|\.backward\(\)"
    r"|\b(?:xgb|lgb|xgboost|lightgbm|catboost)\.(?:train|cv)\(|\bTrainer\("
    r"|\btrainer\.train\(|\blearn\.fit_one_cycle\(|\bsm\.\w+\([^\n]*\)\.fit\("
)
_SAVES = re.compile(
    r"\b(?:joblib|pickle|dill|cloudpickle)\.dump\(|\btorch\.save\("
    r"|\.save_model\(|\.save_pretrained\(|\bmodel\w*\.save(?:_weights)?\(|\.to_onnx\("
)
_OPTIONAL_NARGS = frozenset({"?", "*"})


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A script: whether it fits a model, saves one, and can be started.

    `required` are the arguments without which it stops; `modes` those of its first
    argument, or of `--mode`, that train; `is_package_module` that it imports relatively.
    """

    fits: bool
    saves: bool
    is_program: bool
    required: tuple[str, ...]
    modes: tuple[str, ...]
    is_package_module: bool


def read_text(path: Path) -> str:
    """Return the text of a file, "" for one that is too large or cannot be read."""
    try:
        if path.stat().st_size >= MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def read_python(path: Path) -> PythonSource:
    """Return what a script says; one that cannot be parsed says less."""
    text = read_text(path)
    required: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    is_package_module = False
    try:
        tree: ast.Module | None = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        tree = None
    if tree is not None:
        required = tuple(_iter_required(tree))
        modes = tuple(_iter_modes(tree))
        is_package_module = _imports_relatively(tree)
    return PythonSource(
        fits=_FITS.search(text) is not None,
        saves=_SAVES.search(text) is not None,
        is_program="__main__" in text,
        required=required,
        modes=modes,
        is_package_module=is_package_module,
    )


def _iter_required(tree: ast.Module) -> Iterator[str]:
    """Yield the arguments of argparse and click that have to be given."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _get_last_name(node.func)
        names = [one.value for one in node.args if isinstance(one, ast.Constant)]
        name = next((one for one in names if isinstance(one, str)), "")
        keywords = {one.arg: one.value for one in node.keywords}
        if not name or "default" in keywords or "action" in keywords:
            continue
        is_required = _get_constant(keywords.get("required")) is True
        if called == "add_argument" and not name.startswith("-"):
            is_required = _get_constant(keywords.get("nargs")) not in _OPTIONAL_NARGS
        if called == "argument":
            is_required = _get_constant(keywords.get("required")) is not False
        if called in {"add_argument", "argument", "option"} and is_required:
            yield name


def _iter_modes(tree: ast.Module) -> Iterator[str]:
    """Yield what makes a program with several modes train, as it is to be given."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        first = _get_constant(node.args[0]) if node.args else None
        if _get_last_name(node.func) == "add_parser" and _is_train(first):
            yield str(first)
        choices = None
        for keyword in node.keywords:
            if keyword.arg == "choices":
                choices = keyword.value
        if not isinstance(choices, ast.List | ast.Tuple | ast.Set):
            continue
        values = [_get_constant(item) for item in choices.elts]
        # One that can be brought up to date goes on, which is told elsewhere.
        if "update" in values or not isinstance(first, str):
            continue
        flag = ""
        if first.startswith("-"):
            flag = f"{first} "
        for value in filter(_is_train, values):
            yield f"{flag}{value}"


def _is_train(value: object) -> bool:
    return value in {"train", "retrain", "fit", "training"}


def _imports_relatively(tree: ast.Module) -> bool:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(node.level for node in imports)


def _get_last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return ""


def _get_constant(node: ast.expr | None) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    return None
