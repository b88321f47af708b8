"""What a source `kaggle:...` names."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...errors import SettingsError

PREFIX = "kaggle:"
EVERY_TABLE = "*"
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class KaggleReference(NamedTuple):
    """A dataset `owner/name` or a competition, and a glob of the tables in it."""

    source: str
    slug: str
    is_competition: bool
    pattern: str = EVERY_TABLE

    @property
    def folder_name(self) -> str:
        """The name of its folder below `runtime/downloads/kaggle`."""
        return self.slug.replace("/", "__")

    @property
    def archive_name(self) -> str:
        """What Kaggle calls its archive."""
        return self.slug.rsplit("/", 1)[-1] + ".zip"


def parse_reference(source: str) -> KaggleReference:
    """Parse `kaggle:OWNER/DATASET[/TABLES]` or `kaggle:competitions/NAME[/TABLES]`.

    Raises SettingsError.
    """
    owner, _, rest = source.removeprefix(PREFIX).partition("/")
    name, _, pattern = rest.partition("/")
    if not SLUG.fullmatch(owner) or not SLUG.fullmatch(name):
        raise SettingsError(
            f"`source` is {source!r}",
            hint="kaggle:OWNER/DATASET, kaggle:OWNER/DATASET/TABLE.csv or "
            "kaggle:competitions/NAME",
        )
    if rest == name:
        pattern = EVERY_TABLE
    if owner == "competitions":
        return KaggleReference(source, name, True, pattern)
    return KaggleReference(source, f"{owner}/{name}", False, pattern)
