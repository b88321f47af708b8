"""A repository's own training, as the text of its modules shows it.

Which script it is, how it is started, where it keeps its state, what it imports. Nothing
is imported or run.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .candidates.python_source import read_text
from .candidates.record import Candidate
from .state_files import find_state_files
from .taken_over import TakenOver, take_over

# Folders that hold code and nothing else, so that all below them is the training's.
_CODE_FOLDERS = frozenset({"src", "training"})
# Where the name to import and the name to install differ.
_DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
# A login from the environment; the first names that a training mentions are taken.
_LOGINS = (("KAGGLE_API_TOKEN",), ("KAGGLE_USERNAME", "KAGGLE_KEY"))
# Nothing says which: all are handed over, and those that are not set count as none.
_ANY_LOGIN = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
# As words of a shell, or as a list for `subprocess`.
_CALLS_KAGGLE = re.compile(
    r"""\bkaggle["', ]+(competitions|datasets|kernels|models|c|d|k|m)\b"""
)
# How a tool that starts the training comes onto the runner, with what it installs.
SETUPS = {
    "uv": "python -m pip install uv",
    "poetry": "python -m pip install poetry\npoetry install --no-interaction",
    "pdm": "python -m pip install pdm\npdm install --frozen-lockfile",
    "pipenv": "python -m pip install pipenv\npipenv sync",
    "hatch": "python -m pip install hatch",
    "nox": "python -m pip install nox",
    "tox": "python -m pip install tox",
}
# A lock file and the tool that installs by it.
LOCKS = {
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv",
}
_GOES_ON = re.compile(
    r"\bpartial_fit\b|\bwarm_start\s*=\s*True|\bincremental(?:ly)?\b"
    r"|\b(?:xgb_model|init_model)\s*="
)
_MODE_FLAG = re.compile(r"""["'](--?mode)["']""")
_ITERATIONS_FLAG = re.compile(r"""["'](--?iterations)["']""")
_MODEL_FILE = r"[\w-]*\.(?:pkl|joblib)"
_STATE_FILE = r"data_state\.json"


@dataclass(frozen=True, slots=True)
class OwnTraining:
    """A training that is already there.

    `reason` says where it was found and what speaks for it. Empty texts and tuples
    stand for "nothing found, the default will do".
    """

    script: str
    reason: str
    command: str
    loop: str
    model_path: str
    data_path: str
    state_files: tuple[str, ...]
    taken_over: TakenOver
    secrets: tuple[str, ...]
    imports: tuple[str, ...]


def describe_training(root: Path, candidate: Candidate) -> OwnTraining:
    """Return what a training needs and keeps, as far as its script tells."""
    path = root / candidate.script
    text = ""
    sources = [text]
    if candidate.script.endswith(".py"):
        text = read_text(path)
        sources = [text, *_read_neighbours(path)]
    notebooks = sorted(root.glob("*.ipynb")) + sorted(root.glob("notebooks/*.ipynb"))
    joined = "\n".join([*sources, *map(_read_code_cells, notebooks)])
    command, loop = _read_command(candidate, text)
    imports = _list_requirements(sources, [root, path.parent])
    return OwnTraining(
        script=candidate.script,
        reason=f"{candidate.place}: {candidate.reason}",
        command=_add_launcher(root, command),
        loop=loop,
        model_path=_find_folder(_MODEL_FILE, joined),
        data_path=_find_folder(_STATE_FILE, joined),
        state_files=find_state_files(root, candidate, sources),
        taken_over=take_over(root, candidate),
        secrets=_find_secrets(joined, imports),
        imports=imports,
    )


def _read_command(candidate: Candidate, text: str) -> tuple[str, str]:
    """Return the command and whether it is started `once`, or once for `each` iteration.

    A training that starts from nothing each time gains nothing by iterations.
    """
    command = candidate.command
    loop = "once"
    if _GOES_ON.search(text):
        loop = "each"
    if candidate.place != candidate.script:
        # It stands there as it is to be started.
        return command, loop
    mode = _MODE_FLAG.search(text)
    if mode and " " not in command.removeprefix("python "):
        command += f' {mode[1]} "update"'
        loop = "each"
    iterations = _ITERATIONS_FLAG.search(text)
    if iterations:
        return f'{command} {iterations[1]} "$TRAINING_ITERATIONS"', "once"
    if "TRAINING_ITERATIONS" in text:
        return command, "once"
    return command, loop


def find_setup(command: str) -> str:
    """Return the script that brings the tool a command starts with, "" for none."""
    for part in command.split("&&"):
        words = part.split()
        if words and words[0] in SETUPS:
            return SETUPS[words[0]]
    return ""


def _add_launcher(root: Path, command: str) -> str:
    """Return the command as the tool starts it that the project is locked with."""
    if not command.startswith("python ") or (root / "requirements.txt").exists():
        return command
    for lock, launcher in LOCKS.items():
        if (root / lock).is_file():
            return f"{launcher} run {command}"
    return command


def _read_neighbours(script: Path) -> Iterator[str]:
    """Yield the modules of the script's folder; those below only where it holds nothing else."""
    folder = script.parent
    pattern = "*.py"
    if folder.name in _CODE_FOLDERS:
        pattern = "**/*.py"
    for path in sorted(folder.glob(pattern)):
        if path != script and path.is_file():
            yield read_text(path)


def _read_code_cells(path: Path) -> str:
    """Return the code of a notebook; none of one that cannot be read."""
    try:
        cells = json.loads(read_text(path))["cells"]
        codes = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return "\n".join("".join(code) for code in codes)


def _find_folder(file: str, text: str) -> str:
    """Return the folder in a literal path to a file, where it is one below the root."""
    match = re.search(rf"""["']((?:[\w-]+/)+){file}["']""", text)
    if match is None:
        return ""
    return match[1]


def _find_secrets(text: str, imports: Sequence[str]) -> tuple[str, ...]:
    for names in _LOGINS:
        if all(name in text for name in names):
            return names
    if {"kaggle", "kagglehub"} & set(imports) or _CALLS_KAGGLE.search(text):
        return _ANY_LOGIN
    return ()


def _list_requirements(
    sources: Sequence[str], folders: Sequence[Path]
) -> tuple[str, ...]:
    """Return what has to be installed for the modules' imports."""
    names: set[str] = set()
    for source in sources:
        names.update(_iter_imports(source))
    requirements = set()
    for name in names - sys.stdlib_module_names:
        if not _is_local(name, folders):
            requirements.add(_DISTRIBUTIONS.get(name, name.replace("_", "-")))
    if any(map(_CALLS_KAGGLE.search, sources)):
        requirements.add("kaggle")
    # The client of Kaggle imports six and does not say so.
    if "kaggle" in requirements:
        requirements.add("six")
    return tuple(sorted(requirements, key=str.lower))


def _is_local(module: str, folders: Sequence[Path]) -> bool:
    for folder in folders:
        if (folder / module).is_dir() or (folder / f"{module}.py").is_file():
            return True
    return False


def _iter_imports(source: str) -> Iterator[str]:
    """Yield the top-level names that a module imports; none for one that cannot be parsed."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
