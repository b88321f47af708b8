"""Settings of the training.

Defaults < `[pipeline]` in wfgen.toml or pyproject.toml < PIPELINE_* < flags.

Values are parsed here, once; everything inward takes the frozen record. "Nothing new"
passes here, so imports are few and records are named tuples: a dataclass takes ten
times as long to define.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .errors import SettingsError

PREFIX = "PIPELINE_"
RESERVED = {"PIPELINE_STATE_KEY"}
TASKS = ("auto", "binary", "multiclass", "regression")
MODELS = ("linear", "mlp", "bayes", "boosting", "sgd")


class Settings(NamedTuple):
    """What the training is told.

    Docs/pipeline.md has one line for each, held against this record by a test.
    """

    source: str = "sample"
    target: str = ""
    task: str = "auto"
    ignore: tuple[str, ...] = ()
    time: str = ""
    iterations: int = 3
    batch_rows: int = 1000
    models: tuple[str, ...] = ("auto",)
    on_rewrite: str = "stop"
    key: str = ""
    on_end: str = "stop"
    on_library_change: str = "stop"
    keep_previous: bool = True
    engine: str = "local"
    dask_address: str = ""
    threads: int = 1
    seed: int = 1
    checkpoint_seconds: float = 5.0
    report: bool = True
    kaggle_timeout_seconds: float = 60.0
    kaggle_retries: int = 4
    kaggle_backoff_seconds: float = 2.0


def load(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Settings:
    """Settings for a repository. Raises SettingsError that names where the value came from."""
    given: dict[str, Any] = {}
    for path, table in _tables(root):
        for name, value in table.items():
            known = _known(name, f"{path}: [pipeline]")
            given[known] = _parsed(known, value, f"{path}: [pipeline] {name}")
    for variable, text in environment.items():
        # An empty variable is what GitHub hands over for one that is not set.
        if variable.startswith(PREFIX) and variable not in RESERVED and text:
            known = _known(
                variable.removeprefix(PREFIX).lower(), f"the environment ({variable})"
            )
            given[known] = _parsed(known, text, variable)
    for name, value in flags.items():
        if value is not None:
            given[name] = _parsed(name, value, f"--{name.replace('_', '-')}")
    return _consistent(Settings(**given))


def _tables(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """The first of the two files that speaks of the pipeline."""
    for name, keys in (
        ("wfgen.toml", ("pipeline",)),
        ("pyproject.toml", ("tool", "wfgen", "pipeline")),
    ):
        if not (root / name).exists():
            continue
        import tomllib  # noqa: PLC0415  # "nothing new" is to be quick, and most often flags say it all

        try:
            table: Any = tomllib.loads((root / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{name} cannot be read: {error}") from error
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if table is not None:
            if not isinstance(table, dict):
                raise SettingsError(f"{name}: `{'.'.join(keys)}` must be a table")
            return [(name, table)]
    return []


def _known(name: str, where: str) -> str:
    names = Settings._fields
    if name in names:
        return name
    import difflib  # noqa: PLC0415  # only for a wrong name

    close = difflib.get_close_matches(name, names, n=1)
    raise SettingsError(
        f"{where} has no setting {name!r}",
        hint=f"did you mean {close[0]!r}?"
        if close
        else f"there are {', '.join(names)}",
    )


def _parsed(name: str, value: object, where: str) -> object:
    try:
        return _PARSERS.get(name, _text)(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where} is {value!r}: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("it must be a string")
    return value.strip()


def _texts(value: object) -> tuple[str, ...]:
    """A list, or a string with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise TypeError("it must be a list of strings")
    return tuple(text for text in map(_text, parts) if text)


def _count(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError("it must be a whole number")
        try:
            number = int(value)
        except ValueError:
            raise ValueError("it must be a whole number") from None
        if not least <= number <= most:
            raise ValueError(f"it must be from {least} to {most}")
        return number

    return parse


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("it must be a number of seconds")
    number = float(value)
    if not 0 <= number <= 86_400:  # noqa: PLR2004  # a day
        raise ValueError("it must be from 0 to 86400")
    return number


def _truth(value: object) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError("it must be true or false")
    return text == "true"


def _one_of(*allowed: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        text = _text(value)
        if text not in allowed:
            raise ValueError(f"it must be one of {', '.join(allowed)}")
        return text

    return parse


_PARSERS: dict[str, Callable[[object], object]] = {
    "task": _one_of(*TASKS),
    "ignore": _texts,
    "iterations": _count(1, 1_000_000),
    "batch_rows": _count(1, 10_000_000),
    "models": _texts,
    "on_rewrite": _one_of("stop", "restart", "key"),
    "on_end": _one_of("stop", "again"),
    "on_library_change": _one_of("stop", "try", "retrain"),
    "keep_previous": _truth,
    "engine": _one_of("local", "dask"),
    "threads": _count(1, 1024),
    "seed": _count(0, 2**32 - 1),
    "checkpoint_seconds": _seconds,
    "report": _truth,
    "kaggle_timeout_seconds": _seconds,
    "kaggle_retries": _count(0, 100),
    "kaggle_backoff_seconds": _seconds,
}


def _consistent(settings: Settings) -> Settings:
    """Raises SettingsError for values that do not go together."""
    if not settings.source:
        raise SettingsError(
            "`source` is empty",
            hint="`sample`, a file, folder, glob or URL, or kaggle:OWNER/DATASET",
        )
    if settings.source != "sample" and not settings.target:
        from .redaction import hide_credentials  # noqa: PLC0415  # only where something is amiss

        raise SettingsError(
            f"`target` is not set: which column of {hide_credentials(settings.source)} is to be predicted?",
            hint='`target = "..."` below [pipeline] in wfgen.toml, PIPELINE_TARGET, or --target',
        )
    if settings.target and settings.target in settings.ignore:
        raise SettingsError(f"`ignore` names the target {settings.target!r}")
    if settings.on_rewrite == "key" and not settings.key:
        raise SettingsError(
            'on_rewrite = "key" needs `key`: a column that only grows, like an id or a time stamp'
        )
    if settings.engine == "dask" and not settings.dask_address:
        raise SettingsError(
            'engine = "dask" needs `dask_address`, like tcp://127.0.0.1:8786'
        )
    if not settings.models:
        raise SettingsError(
            "`models` names no candidate",
            hint="`auto` stands for those that fit the task",
        )
    for name in settings.models:
        if name not in {*MODELS, "auto"} and ":" not in name:
            raise SettingsError(
                f"`models` names {name!r}",
                hint=f"there are {', '.join(MODELS)}, or your own module:factory",
            )
    return settings
