"""What names and paths say: state, a model, a dependency, a marker of progress."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

MODEL_SUFFIXES = frozenset(
    {
        ".pkl",
        ".pickle",
        ".joblib",
        ".pt",
        ".pth",
        ".ckpt",
        ".h5",
        ".hdf5",
        ".keras",
        ".onnx",
        ".safetensors",
        ".model",
        ".cbm",
        ".lgb",
    }
)
DATABASE_SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3", ".duckdb", ".db3"})
_STATE_WORD = re.compile(
    r"(^|[-_./])(state|model|models|checkpoint|checkpoints|ckpt|ckpts|cursor|history|"
    r"seen|ledger|snapshot|database|db|weights|last[-_]?run|baseline|progress|memory)"
    r"(?=$|[-_./\d])",
    re.IGNORECASE,
)
_MODEL_WORD = re.compile(
    r"(^|[-_./ ])(model|models|checkpoint|checkpoints|ckpt|weights|champion)"
    r"(?=$|[-_./ \d])",
    re.IGNORECASE,
)
_DEPENDENCY = re.compile(
    r"^(~|\$HOME|\$\{HOME\}|/home/\w+|/root)?/?\.(cache|npm|cargo|gradle|m2|rustup|conda|yarn|"
    r"nuget|pub-cache|stack|cabal|ivy2|sbt|composer|bundle|ccache|sccache|gem)\b"
    r"|(^|/)(node_modules|venv|\.venv|env|target|vendor|Pods|dist|build|_build|deps|"
    r"site-packages|\.next|\.turbo|\.nx|\.eslintcache|\.pytest_cache|\.mypy_cache|"
    r"\.ruff_cache|\.parcel-cache|\.yarn|\.pnpm-store|\.tox|\.nox|\.terraform|\.gradle|"
    r"\.ccache|ccache|sccache|DerivedData|renv|miniconda3?|ms-playwright|go-build)(/|$)"
    r"|^(/usr|/opt|/var|/nix|/tmp/\.buildx|/Library|C:|D:|~/Library|~/go)\b"
    r"|pip|poetry|playwright|apt|brew|huggingface|torch/hub|nltk_data|puppeteer|cypress",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"(last[-_]?(run|update[d]?|sync(ed)?|seen|processed|check(ed)?|fetch(ed)?|id|build|"
    r"success|time(stamp)?|scrape[d]?|commit|date)|cursor|watermark|since|high[-_]?water)",
    re.IGNORECASE,
)


def is_model_path(path: str) -> bool:
    """Whether a path is that of a trained model."""
    return PurePosixPath(path).suffix.lower() in MODEL_SUFFIXES


def is_state_path(path: str) -> bool:
    """Whether a path is that of something which the next run goes on from."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in MODEL_SUFFIXES or suffix in DATABASE_SUFFIXES:
        return True
    return _STATE_WORD.search(path) is not None


def names_model(text: str) -> bool:
    """Whether words say that something is a trained model."""
    return is_model_path(text) or _MODEL_WORD.search(text) is not None


def names_state(text: str) -> bool:
    """Whether words say that something is state."""
    return _STATE_WORD.search(text) is not None


def is_dependency_path(path: str) -> bool:
    """Whether a path is that of tools or packages, which any run can fetch again."""
    return _DEPENDENCY.search(path) is not None


def is_marker(text: str) -> bool:
    """Whether words name a marker of progress: a cursor, a last run."""
    return _MARKER.search(text) is not None


def covers_path(outer: str, inner: str) -> bool:
    """Whether a saved path takes another along: itself, a folder around it, a pattern."""
    outer, inner = clean_path(outer), clean_path(inner)
    if outer in {"", "."} or outer == inner or inner.startswith(f"{outer}/"):
        return True
    if any(sign in outer for sign in "*?["):
        pattern = re.escape(outer).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
        pattern = pattern.replace(r"\?", "[^/]")
        return re.match(f"{pattern}(/|$)", inner) is not None
    return False


def clean_path(path: str) -> str:
    """Return a path without `./`, quotes, the workspace and a slash at its end."""
    path = path.strip().strip("\"'")
    path = re.sub(r"^\$\{\{\s*github\.workspace\s*\}\}/?", "", path)
    path = re.sub(r"^\$\{?GITHUB_WORKSPACE\}?/?", "", path)
    while path.startswith("./"):
        path = path[2:]
    if path != "/":
        path = path.rstrip("/")
    return path
