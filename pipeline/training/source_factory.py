"""The kinds of sources, and the one that the settings name.

A new kind is one module with a class that implements `Source`, and one row here.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import SourceError
from ..settings import Settings
from ..sources.files import SAMPLE_TARGET, open_sample
from ..sources.members import CsvOptions

if TYPE_CHECKING:
    from ..sources.protocol import Source


DEFAULTS = Settings()


class SourceRequest(NamedTuple):
    """What opening a source may need."""

    source: str
    root: Path
    settings: Settings = DEFAULTS
    environment: Mapping[str, str] = {}


class SourceKind(NamedTuple):
    """A kind of source: what its names look like, how it is opened, its usual target."""

    matches: Callable[[str], bool]
    open: Callable[[SourceRequest], "Source"]
    default_target: str = ""


def open_source(
    settings: Settings, root: Path, environment: Mapping[str, str]
) -> tuple["Source", str]:
    """Open the source that the settings name; return it with the target in it.

    Raises SourceError where there is none, and SettingsError for an impossible name.
    """
    kind = find_kind(settings.source, SOURCE_KINDS)
    request = SourceRequest(settings.source, root, settings, environment)
    source = kind.open(request)
    target = settings.target or kind.default_target
    source.select_tables(target)
    source.set_reading(make_csv_options(settings), frozenset(settings.ignore))
    return source, target


def open_rows_to_score(
    source: str,
    root: Path,
    settings: Settings = DEFAULTS,
    environment: Mapping[str, str] = {},
) -> "Source":
    """Open a source of rows without a target. Raises SourceError where there is none.

    Its files are complete: a last line needs no end.
    """
    kind = find_kind(source, SOURCE_KINDS)
    opened = kind.open(SourceRequest(source, root, settings, environment))
    opened.set_reading(make_csv_options(settings)._replace(takes_last_line=True))
    return opened


def make_csv_options(settings: Settings) -> CsvOptions:
    """What the settings say of CSV."""
    return CsvOptions(
        settings.encoding,
        settings.delimiter,
        settings.skip_rows,
        settings.last_line == "take",
    )


def find_kind(source: str, kinds: Sequence[SourceKind]) -> SourceKind:
    """Return the first kind that the name of the source is one of."""
    for kind in kinds:
        if kind.matches(source):
            return kind
    raise SourceError(f"{source} is no name of a source")


def _open_sample(_request: SourceRequest) -> "Source":
    return open_sample()


def _open_kaggle(request: SourceRequest) -> "Source":
    from ..sources.kaggle.client import RetryPolicy  # noqa: PLC0415  # brings email
    from ..sources.kaggle.source import KaggleSource  # noqa: PLC0415  # as above

    policy = RetryPolicy(
        request.settings.kaggle_timeout_seconds,
        request.settings.kaggle_retries,
        request.settings.kaggle_backoff_seconds,
    )
    downloads = request.root / "runtime" / "downloads"
    return KaggleSource(request.source, downloads, request.environment, policy)


def _open_url(request: SourceRequest) -> "Source":
    from ..sources.remote.source import open_url  # noqa: PLC0415  # only for a URL

    return open_url(request.source)


def _open_files(request: SourceRequest) -> "Source":
    from ..sources.containers.discovery import open_files  # noqa: PLC0415  # brings zipfile

    return open_files(request.source, request.root)


def _is_sample(source: str) -> bool:
    return source == "sample"


def _is_kaggle(source: str) -> bool:
    return source.startswith("kaggle:") or "kaggle.com/" in source


def _is_url(source: str) -> bool:
    return "://" in source


def _is_path(_source: str) -> bool:
    return True


SAMPLE = SourceKind(_is_sample, _open_sample, SAMPLE_TARGET)
KAGGLE = SourceKind(_is_kaggle, _open_kaggle)
URL = SourceKind(_is_url, _open_url)
FILES = SourceKind(_is_path, _open_files)
SOURCE_KINDS = (SAMPLE, KAGGLE, URL, FILES)
"""Looked through in this order; a path, a folder or a glob is what is left."""
