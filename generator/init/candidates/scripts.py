"""Scripts and notebooks that train, by their names and by what stands in them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .python_source import PythonSource, read_python, read_text
from .record import Candidate, is_training_name

# Where people put it; the layout of the reference document comes first.
SCRIPTS = (
    "src/run.py",
    "run.py",
    "src/train.py",
    "train.py",
    "training/train.py",
    "scripts/train.py",
    "src/training/train.py",
)
CODE_SUFFIXES = frozenset({".py", ".r", ".ipynb", ".sh", ".jl", ".js", ".ts", ".go"})
_OTHERS = frozenset(
    {
        "__pycache__",
        "build",
        "dist",
        "docs",
        "env",
        "node_modules",
        "site-packages",
        "test",
        "tests",
        "venv",
    }
)
_NO_PROGRAMS = frozenset({"setup.py", "conftest.py", "__init__.py", "noxfile.py"})
MOST_FILES = 2000
_DEPTH = 4


def list_code(root: Path) -> list[str]:
    """Return the code of a repository, below its root, without tests and what was installed."""
    found: list[str] = []
    for folder, names, files in os.walk(root):
        inside = Path(folder).relative_to(root)
        names[:] = sorted(name for name in names if _is_searched(name, inside))
        code = [file for file in files if Path(file).suffix.lower() in CODE_SUFFIXES]
        found += [(inside / file).as_posix() for file in sorted(code)]
        if len(found) > MOST_FILES:
            break
    return found[:MOST_FILES]


def find_scripts(root: Path) -> Iterator[Candidate]:
    """Yield what fits a model and saves it, and what a name says to train."""
    for path in list_code(root):
        name = PurePosixPath(path).name
        if name in _NO_PROGRAMS or name.startswith("test_"):
            continue
        suffix = PurePosixPath(name).suffix.lower()
        candidate = None
        if suffix == ".py":
            candidate = _read_python_script(root, path)
        elif suffix == ".ipynb":
            candidate = _read_notebook(root, path)
        elif is_training_name(PurePosixPath(name).stem):
            candidate = _make_plain(path, suffix)
        if candidate is not None:
            yield candidate


def _is_searched(name: str, inside: Path) -> bool:
    return (
        not name.startswith(".") and name not in _OTHERS and len(inside.parts) < _DEPTH
    )


def _read_python_script(root: Path, path: str) -> Candidate | None:
    source = read_python(root / path)
    is_named = is_training_name(PurePosixPath(path).stem)
    is_usual = path in SCRIPTS
    trains = source.fits and source.saves
    if not (is_usual or is_named or trains or source.modes):
        return None
    if not (is_usual or source.is_program or (is_named and _runs_at_once(root / path))):
        return None
    command = _start_python(root, path, source)
    reasons = []
    score = 1
    if is_usual or is_named:
        reasons.append("its name says so")
        score += 2
    if source.modes:
        command += f" {source.modes[0]}"
        reasons.append("it has a mode that trains")
        score += 1
    if trains:
        reasons.append("it fits a model and saves it")
        score += 2
    elif source.fits:
        reasons.append("it fits a model")
        score += 1
    score += int(path in SCRIPTS[:2])
    return Candidate(command, path, ", ".join(reasons), score, path, source.required)


def _start_python(root: Path, path: str, source: PythonSource) -> str:
    if not source.is_package_module:
        return f"python {shlex.quote(path)}"
    module = path.removesuffix(".py").removesuffix("/__main__")
    if module.startswith("src/") and (root / "src/__init__.py").is_file() is False:
        module = module.removeprefix("src/")
    return f"python -m {module.replace('/', '.')}"


def _runs_at_once(path: Path) -> bool:
    """Whether a script does something without being told: calls at its top level."""
    for line in read_text(path).splitlines():
        if line[:1].isalpha() and "(" in line and not line.startswith(_DEFINITIONS):
            return True
    return False


_DEFINITIONS = ("def ", "class ", "async def ", "import ", "from ", "if ")


def _read_notebook(root: Path, path: str) -> Candidate | None:
    text = read_text(root / path)
    is_named = is_training_name(PurePosixPath(path).stem)
    trains = ".fit(" in text and (".dump(" in text or "save" in text)
    if not (is_named or trains):
        return None
    command = "jupyter nbconvert --to notebook --execute --inplace"
    reason = "a notebook that fits a model"
    if is_named:
        reason = "a notebook of that name"
    score = 2 + int(is_named and trains)
    return Candidate(f"{command} {shlex.quote(path)}", path, reason, score, path)


def _make_plain(path: str, suffix: str) -> Candidate | None:
    programs = {".r": "Rscript", ".sh": "bash", ".jl": "julia"}
    if suffix not in programs:
        return None
    command = f"{programs[suffix]} {shlex.quote(path)}"
    return Candidate(command, path, "its name says so", 3, path)
