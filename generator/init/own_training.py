"""A repository's own training.

Which script it is, how it is started, where it keeps its state, what it imports.

All of it is read from the text of its modules; nothing is imported or run.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The reference document's own comes first.
SCRIPTS = (
    "src/run.py",
    "run.py",
    "src/train.py",
    "train.py",
    "training/train.py",
    "scripts/train.py",
    "src/training/train.py",
)
BUILT_IN = "pipeline"
_TOO_LARGE = 1_000_000
# Where the name to import and the name to install differ.
_INSTALLED_AS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
# A login from the environment; the first names that a training speaks of are taken.
_LOGINS = (("KAGGLE_API_TOKEN",), ("KAGGLE_USERNAME", "KAGGLE_KEY"))


@dataclass(frozen=True, slots=True)
class Training:
    """A training that is already there.

    Empty texts and tuples stand for "nothing found, the default will do".
    """

    script: str
    command: str
    loop: str
    model_path: str
    data_path: str
    secrets: tuple[str, ...]
    imports: tuple[str, ...]


def find_training(root: Path) -> Training | None:
    """The repository's own training, if it has one where people put it."""
    script = next((name for name in SCRIPTS if (root / name).is_file()), None)
    if script is None:
        return None
    own = _read(root / script)
    sources = [own, *(_read(path) for path in _beside(root / script))]
    text = "\n".join(sources)
    command, loop = _started(script, own)
    imports = tuple(
        sorted(_imports(sources, root, (root / script).parent), key=str.lower)
    )
    return Training(
        script=script,
        command=command,
        loop=loop,
        model_path=_folder_of(r"[\w-]*\.(?:pkl|joblib)", text),
        data_path=_folder_of(r"data_state\.json", text),
        secrets=_secrets(text, imports),
        imports=imports,
    )


def _started(script: str, text: str) -> tuple[str, str]:
    """The command and whether it is started once, or once an iteration."""
    words = ["python", script]
    mode = re.search(r"""["'](--?mode)["']""", text)
    if mode:
        words += [mode[1], '"update"']
    iterations = re.search(r"""["'](--?iterations)["']""", text)
    if iterations:
        return " ".join([*words, iterations[1], '"$TRAINING_ITERATIONS"']), "once"
    return " ".join(words), "once" if "TRAINING_ITERATIONS" in text else "each"


def _beside(script: Path) -> Iterator[Path]:
    """The modules of the script's folder and below.

    At the top of a repository only those beside it.
    """
    found = (
        script.parent.rglob("*.py")
        if script.parent.name in {"src", "training"}
        else script.parent.glob("*.py")
    )
    return (path for path in sorted(found) if path != script and path.is_file())


def _read(path: Path) -> str:
    try:
        return (
            path.read_text(encoding="utf-8", errors="replace")
            if path.stat().st_size < _TOO_LARGE
            else ""
        )
    except OSError:
        return ""


def _folder_of(file: str, text: str) -> str:
    """The folder in a literal path to a file, where it is one below the repository's root."""
    found = re.search(rf"""["']((?:[\w-]+/)+){file}["']""", text)
    return found[1] if found else ""


def _secrets(text: str, imports: tuple[str, ...]) -> tuple[str, ...]:
    for names in _LOGINS:
        if all(name in text for name in names):
            return names
    return _LOGINS[0] if "kaggle" in imports else ()


def _imports(sources: list[str], root: Path, folder: Path) -> set[str]:
    """What has to be installed for the modules' imports."""
    names = {name for source in sources for name in _imported(source)}
    foreign = {
        name
        for name in names - sys.stdlib_module_names
        if not any(
            (place / name).is_dir() or (place / f"{name}.py").is_file()
            for place in (root, folder)
        )
    }
    # The client of Kaggle imports six and does not say so.
    return {_INSTALLED_AS.get(name, name.replace("_", "-")) for name in foreign} | (
        {"six"} if "kaggle" in foreign else set()
    )


def _imported(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
