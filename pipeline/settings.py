"""Settings of the training.

Defaults < `[pipeline]` in wfgen.toml or pyproject.toml < PIPELINE_* < flags.

A setting is one field of `Settings`: its type, its rule, its help and its default. The
flags of the command line are made from it. Values are parsed here, once; everything
inward takes the frozen record. A run that finds nothing new passes here, so imports are
few and records are named tuples: a dataclass takes ten times as long to define.
"""

# No `from __future__ import annotations`: the rules are read from the annotations.

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from .errors import SettingsError
from .redaction import hide_credentials

PREFIX = "PIPELINE_"
RESERVED = {"PIPELINE_STATE_KEY"}
TASKS = ("auto", "binary", "multiclass", "regression")
MODELS = (
    "linear",
    "mlp",
    "bayes",
    "boosting",
    "refit",
    "refit_window",
    "refit_linear",
    "sgd",
)
KEEPING = ("auto", "encrypted", "plain", "off")
METRICS = (
    "auto",
    "logloss",
    "auc",
    "pr_auc",
    "f1",
    "accuracy",
    "rmse",
    "mae",
    "r2",
)
GATES = ("none", "baseline", "previous")
KINDS = ("text", "number", "date")
DELIMITER_NAMES = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    "space": " ",
    "\\t": "\t",
}
DAY_SECONDS = 86_400
# Beyond every bound of a setting; Python refuses texts of more than 4,300 digits.
_MOST_DIGITS = 18
# Each file, and the tables that lead to the settings in it.
FILES = (
    ("wfgen.toml", ("pipeline",)),
    ("pyproject.toml", ("tool", "wfgen", "pipeline")),
)


class Rule(NamedTuple):
    """How a value is parsed, what the help says, and whether there is a flag.

    `parse` raises TypeError or ValueError with a reason that completes "it must be".
    """

    parse: Callable[[object], object]
    help: str
    has_flag: bool = True


def parse_text(value: object) -> str:
    """Accept a string, without the blanks around it."""
    if not isinstance(value, str):
        raise TypeError("it must be a string")
    return value.strip()


def parse_texts(value: object) -> tuple[str, ...]:
    """Accept a list of strings, or a string with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise TypeError("it must be a list of strings")
    texts = []
    for part in parts:
        text = parse_text(part)
        if text:
            texts.append(text)
    return tuple(texts)


def parse_encoding(value: object) -> str:
    """Accept an encoding that Python knows and that holds ASCII as it is."""
    text = parse_text(value)
    probe = 'a,;\t|"\n'
    try:
        holds_ascii = not text or probe.encode(text) == probe.encode()
    except (LookupError, UnicodeError) as error:
        raise ValueError("it must be an encoding, like utf-8 or cp1252") from error
    if not holds_ascii:
        raise ValueError("it must hold ASCII as it is, like utf-8: save the file so")
    return text


def parse_delimiter(value: object) -> str:
    """Accept one character, or the name of one."""
    if not isinstance(value, str):
        raise TypeError("it must be a string")
    text = DELIMITER_NAMES.get(value.strip().lower(), value.strip(" ") or value)
    if not text:
        return text
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n':
        names = ", ".join(DELIMITER_NAMES)
        raise ValueError(f"it must be one sign, like ; or one of {names}")
    return text


def parse_types(value: object) -> tuple[tuple[str, str], ...]:
    """Accept a table of columns and what they are, or `name=kind` with commas."""
    if isinstance(value, str):
        pairs = [part.rpartition("=")[::2] for part in value.split(",") if part.strip()]
    elif isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        raise TypeError('it must be a table, like {zip = "text"}')
    types = []
    for name, kind in pairs:
        if not name.strip() or not isinstance(kind, str) or kind.strip() not in KINDS:
            raise ValueError(f"it must say {', '.join(KINDS)} for a column")
        types.append((name.strip(), kind.strip()))
    return tuple(types)


def parse_boolean(value: object) -> bool:
    """Accept a boolean of TOML, or its name in any case."""
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError("it must be true or false")
    return text == "true"


def parse_seconds(value: object) -> float:
    """Accept a number of seconds, up to a day."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("it must be a number of seconds")
    # Python itself would also take `1_0`, ` 1`, and the digits of other scripts.
    if isinstance(value, str) and not _is_decimal(value):
        raise ValueError("it must be a number of seconds, in the digits 0 to 9")
    number = float(value)
    if not 0 <= number <= DAY_SECONDS:
        raise ValueError(f"it must be from 0 to {DAY_SECONDS}")
    return number


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _read_digits(text: str) -> int:
    # Python itself would also take `+3`, ` 3`, `1_000` and the digits of other scripts.
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        raise ValueError("it must be a whole number, in the digits 0 to 9 alone")
    return int(text)


def make_integer_parser(least: int, most: int) -> Callable[[object], int]:
    """Make a parser of whole numbers within bounds."""

    def parse_integer(value: object) -> int:
        # `true` of TOML is an int to Python.
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError("it must be a whole number")
        number = _read_digits(value) if isinstance(value, str) else value
        if not least <= number <= most:
            raise ValueError(f"it must be from {least} to {most}")
        return number

    return parse_integer


def parse_gate(value: object) -> str:
    """Accept none, baseline, previous, or a number that the headline metric must reach."""
    text = str(value).strip()
    is_number = isinstance(value, str | int | float) and not isinstance(value, bool)
    if text in GATES or (is_number and _is_decimal(text)):
        return text
    raise ValueError(f"it must be one of {', '.join(GATES)}, or a number")


def make_choice_parser(*choices: str) -> Callable[[object], str]:
    """Make a parser of one of a few words."""

    def parse_choice(value: object) -> str:
        text = parse_text(value)
        if text not in choices:
            raise ValueError(f"it must be one of {', '.join(choices)}")
        return text

    return parse_choice


class Settings(NamedTuple):
    """What the training is told.

    docs/pipeline.md has one line for each, compared with this record by a test.
    """

    source: Annotated[
        str,
        Rule(
            parse_text,
            "sample, a file, folder, glob or URL, kaggle:OWNER/DATASET, "
            "kaggle:competitions/NAME.",
        ),
    ] = "sample"
    target: Annotated[str, Rule(parse_text, "The column to predict.")] = ""
    task: Annotated[
        str,
        Rule(make_choice_parser(*TASKS), "auto, binary, multiclass or regression."),
    ] = "auto"
    ignore: Annotated[
        tuple[str, ...], Rule(parse_texts, "Columns to leave out, with commas.")
    ] = ()
    encoding: Annotated[
        str,
        Rule(parse_encoding, "Of CSV, like cp1252; found out where it is not set."),
    ] = ""
    delimiter: Annotated[
        str,
        Rule(parse_delimiter, "Of CSV, like ; or tab; found out where it is not set."),
    ] = ""
    skip_rows: Annotated[
        int,
        Rule(make_integer_parser(0, 1000), "Lines of CSV above the header."),
    ] = 0
    last_line: Annotated[
        str,
        Rule(
            make_choice_parser("wait", "take"),
            "A last line of CSV without its end: wait for it, or take it as it is.",
        ),
    ] = "wait"
    decimal: Annotated[
        str,
        Rule(
            make_choice_parser("auto", "point", "comma"),
            "What parts decimals in numbers: auto, point or comma.",
        ),
    ] = "auto"
    dates: Annotated[
        str,
        Rule(
            make_choice_parser("auto", "day-first", "month-first"),
            "Dates like 05/02/2026: auto, day-first or month-first.",
        ),
    ] = "auto"
    missing: Annotated[
        tuple[str, ...],
        Rule(parse_texts, "Words for a missing value; auto stands for the usual ones."),
    ] = ("auto",)
    types: Annotated[
        tuple[tuple[str, str], ...],
        Rule(parse_types, "What columns are, like zip=text: text, number or date."),
    ] = ()
    time: Annotated[
        str,
        Rule(parse_text, "The column that says when; watched, not trained on."),
    ] = ""
    iterations: Annotated[
        int, Rule(make_integer_parser(1, 1_000_000), "Batches to train on.")
    ] = 3
    batch_rows: Annotated[
        int, Rule(make_integer_parser(1, 10_000_000), "Rows a batch.")
    ] = 1000
    models: Annotated[
        tuple[str, ...],
        Rule(
            parse_texts,
            f"Candidates, with commas: auto, {', '.join(MODELS)}, module:factory.",
        ),
    ] = ("auto",)
    on_rewrite: Annotated[
        str,
        Rule(
            make_choice_parser("stop", "restart", "key"),
            "When rows that were trained on were rewritten: stop, restart or key.",
        ),
    ] = "stop"
    key: Annotated[
        str, Rule(parse_text, "A column that only grows, for --on-rewrite key.")
    ] = ""
    on_end: Annotated[
        str,
        Rule(
            make_choice_parser("stop", "again"),
            "When the data is used up: stop, or again for another pass.",
        ),
    ] = "stop"
    on_library_change: Annotated[
        str,
        Rule(
            make_choice_parser("stop", "try", "retrain"),
            "When the libraries changed: stop, try or retrain.",
        ),
    ] = "stop"
    keep_previous: Annotated[
        bool,
        Rule(
            parse_boolean,
            "Keep the state before the run, for rollback: true or false.",
        ),
    ] = True
    engine: Annotated[
        str, Rule(make_choice_parser("local", "dask"), "local or dask.")
    ] = "local"
    dask_address: Annotated[
        str, Rule(parse_text, "The scheduler, like tcp://127.0.0.1:8786.")
    ] = ""
    threads: Annotated[
        int, Rule(make_integer_parser(1, 1024), "Candidates trained side by side.")
    ] = 1
    seed: Annotated[
        int, Rule(make_integer_parser(0, 2**32 - 1), "For everything random.")
    ] = 1
    metric: Annotated[
        str,
        Rule(make_choice_parser(*METRICS), "What a run is judged by."),
    ] = "auto"
    gate: Annotated[
        str,
        Rule(parse_gate, "Store no worse run: none, baseline, previous or a number."),
    ] = "none"
    keep_rows: Annotated[
        str,
        Rule(
            make_choice_parser(*KEEPING),
            "Rows kept in the state to refit on: auto, encrypted, plain or off.",
        ),
    ] = "auto"
    refit_rows: Annotated[
        int, Rule(make_integer_parser(200, 1_000_000), "Rows kept at most.")
    ] = 50_000
    refit_seconds: Annotated[
        float, Rule(parse_seconds, "Work of one refit, as seconds on GitHub's runner.")
    ] = 1.5
    checkpoint_seconds: Annotated[
        float,
        Rule(parse_seconds, "Commit at least this often, and at the end."),
    ] = 5.0
    report: Annotated[
        bool,
        Rule(parse_boolean, "Write runtime/logs/report.html: true or false."),
    ] = True
    kaggle_timeout_seconds: Annotated[
        float, Rule(parse_seconds, "For every request to Kaggle.", has_flag=False)
    ] = 60.0
    kaggle_retries: Annotated[
        int,
        Rule(make_integer_parser(0, 100), "Tries of a request.", has_flag=False),
    ] = 4
    kaggle_backoff_seconds: Annotated[
        float, Rule(parse_seconds, "The first wait between tries.", has_flag=False)
    ] = 2.0


RULES: Mapping[str, Rule] = {
    name: annotation.__metadata__[0]
    for name, annotation in Settings.__annotations__.items()
}
FLAGS = [name for name, rule in RULES.items() if rule.has_flag]


def spell_flag(name: str) -> str:
    """Spell the flag of a setting."""
    return f"--{name.replace('_', '-')}"


def load(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Settings:
    """Load the settings for a repository.

    Raises SettingsError that names where the value came from.
    """
    values = {}
    for name, found in read_values(root, environment, flags).items():
        values[name] = found.value
    settings = Settings(**values)
    _check_together(settings)
    return settings


class FoundValue(NamedTuple):
    """The value of a setting, and where it was set."""

    value: Any
    place: str


def read_values(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> dict[str, FoundValue]:
    """Read what is set, each for itself. Raises SettingsError as `load`."""
    values: dict[str, FoundValue] = {}
    for path, table in _read_tables(root):
        for name, value in table.items():
            known = _check_name(name, f"{path}: [pipeline]")
            parsed = _parse(known, value, f"{path}: [pipeline] {name}")
            values[known] = FoundValue(parsed, path)
    for variable, text in environment.items():
        # An empty variable is what GitHub hands over for one that is not set.
        if not variable.startswith(PREFIX) or variable in RESERVED or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        known = _check_name(name, f"the environment ({variable})")
        values[known] = FoundValue(_parse(known, text, variable), variable)
    for name, value in flags.items():
        if value is not None:
            flag = spell_flag(name)
            values[name] = FoundValue(_parse(name, value, flag), flag)
    return values


def _read_tables(root: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read the first of the two files that speaks of the pipeline."""
    for name, keys in FILES:
        if not (root / name).exists():
            continue
        # "Nothing new" is to be quick, and most often flags say it all.
        import tomllib  # noqa: PLC0415

        try:
            table: Any = tomllib.loads((root / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{name} cannot be read: {error}") from error
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if table is None:
            continue
        if not isinstance(table, dict):
            raise SettingsError(f"{name}: `{'.'.join(keys)}` must be a table")
        return [(name, table)]
    return []


def _check_name(name: str, where: str) -> str:
    if name in RULES:
        return name
    import difflib  # noqa: PLC0415  # only for a wrong name

    close = difflib.get_close_matches(name, RULES, n=1)
    hint = f"there are {', '.join(RULES)}"
    if close:
        hint = f"did you mean {close[0]!r}?"
    raise SettingsError(f"{where} has no setting {name!r}", hint=hint)


def _parse(name: str, value: object, where: str) -> object:
    try:
        return RULES[name].parse(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where} is {value!r}: {error}") from error


def _check_together(settings: Settings) -> None:
    """Raise SettingsError for values that do not go together."""
    if not settings.source:
        raise SettingsError(
            "`source` is empty",
            hint="`sample`, a file, folder, glob or URL, or kaggle:OWNER/DATASET",
        )
    if settings.source != "sample" and not settings.target:
        raise SettingsError(
            f"`target` is not set: which column of "
            f"{hide_credentials(settings.source)} is to be predicted?",
            hint='`target = "..."` below [pipeline] in wfgen.toml, '
            "PIPELINE_TARGET, or --target",
        )
    if settings.target and settings.target in settings.ignore:
        raise SettingsError(f"`ignore` names the target {settings.target!r}")
    if settings.target in dict(settings.types):
        raise SettingsError(
            f"`types` names the target {settings.target!r}",
            hint="`task` says what the target is",
        )
    if settings.on_rewrite == "key" and not settings.key:
        raise SettingsError(
            'on_rewrite = "key" needs `key`: '
            "a column that only grows, like an id or a time stamp"
        )
    if settings.engine == "dask" and not settings.dask_address:
        raise SettingsError(
            'engine = "dask" needs `dask_address`, like tcp://127.0.0.1:8786'
        )
    _check_models(settings.models)


def _check_models(models: tuple[str, ...]) -> None:
    if not models:
        raise SettingsError(
            "`models` names no candidate",
            hint="`auto` stands for those that fit the task",
        )
    for name in models:
        if name not in {*MODELS, "auto"} and ":" not in name:
            raise SettingsError(
                f"`models` names {name!r}",
                hint=f"there are {', '.join(MODELS)}, or your own module:factory",
            )
