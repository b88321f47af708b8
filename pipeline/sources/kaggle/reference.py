"""What a source `kaggle:...` or a pasted address of kaggle.com names."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from ...errors import SettingsError

PREFIX = "kaggle:"
EVERY_TABLE = "*"
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ADDRESS = re.compile(r"https?://(www\.)?kaggle\.com/", re.IGNORECASE)
_VERSION = re.compile(r"versions/([1-9][0-9]{0,8})(?:/|$)")
COMPETITIONS = ("competitions", "c")
# What stands behind a name in the address of a page.
_PAGES = {"code", "data", "discussion", "leaderboard", "overview", "rules"}
_HINT = (
    "kaggle:OWNER/DATASET, kaggle:OWNER/DATASET/TABLE.csv, "
    "kaggle:OWNER/DATASET/versions/3, kaggle:competitions/NAME, or a page's address"
)


class KaggleReference(NamedTuple):
    """A dataset `owner/name` or a competition, and a glob of the tables in it.

    `version` is set where the source pins one.
    """

    source: str
    slug: str
    is_competition: bool
    pattern: str = EVERY_TABLE
    version: str = ""

    @property
    def folder_name(self) -> str:
        """The name of its folder below `runtime/downloads/kaggle`."""
        return self.slug.replace("/", "__")

    @property
    def archive_name(self) -> str:
        """What Kaggle calls its archive."""
        return self.slug.rsplit("/", 1)[-1] + ".zip"

    @property
    def page(self) -> str:
        """Its address."""
        kind = "competitions" if self.is_competition else "datasets"
        return f"https://www.kaggle.com/{kind}/{self.slug}"

    def name_table(self, table: str) -> str:
        """Return the source of one table in it."""
        parts = [self.slug]
        if self.is_competition:
            parts.insert(0, "competitions")
        if self.version:
            parts.append(f"versions/{self.version}")
        return PREFIX + "/".join([*parts, table])

    def match(self, names: list[str]) -> list[str]:
        """Return the names that are asked for.

        Exactly that one, else in any case, else one or more in any folder, else all
        below a folder of that name, else by the pattern, whose brackets may be part of
        a name.
        """
        if self.pattern == EVERY_TABLE:
            return names
        wanted = self.pattern.strip("/").lower()
        if self.pattern in names:
            return [self.pattern]
        tests = (
            lambda name: name == wanted,
            lambda name: name.rpartition("/")[2] == wanted,
            lambda name: name.startswith(wanted + "/"),
            lambda name: fnmatchcase(name, wanted),
        )
        for test in tests:
            found = [name for name in names if test(name.lower())]
            if found:
                return found
        return []


def is_kaggle(source: str) -> bool:
    """Tell whether a source is one of Kaggle's."""
    return source.startswith(PREFIX) or bool(_ADDRESS.match(source))


def parse_reference(source: str) -> KaggleReference:
    """Parse a source.

    `kaggle:OWNER/DATASET[/versions/N][/TABLES]`, `kaggle:competitions/NAME[/TABLES]`,
    also with `datasets/` or `c/` in front, or the address of a page. Raises
    SettingsError.
    """
    path, table = source.removeprefix(PREFIX), ""
    if _ADDRESS.match(path):
        path, table = _parse_address(path)
    path = path.strip().strip("/")
    # Five parts at most, so that a dataset of an owner "datasets" stays possible.
    if path.startswith("datasets/") and path.count("/") > 1:
        path = path.removeprefix("datasets/")
    owner, _, rest = path.partition("/")
    name, _, pattern = rest.partition("/")
    if not SLUG.fullmatch(owner) or not SLUG.fullmatch(name):
        raise SettingsError(f"`source` is {source!r}", hint=_HINT)
    is_competition = owner in COMPETITIONS
    # A competition has no versions: it may hold a folder of that name.
    version = ""
    pinned = _VERSION.match(pattern)
    if pinned and not is_competition:
        version = pinned[1]
        pattern = pattern[pinned.end() :]
    slug = name if is_competition else f"{owner}/{name}"
    pattern = table or pattern or EVERY_TABLE
    return KaggleReference(source, slug, is_competition, pattern, version)


def _parse_address(address: str) -> tuple[str, str]:
    """Return the path of a page's address without the page's own part, and a table."""
    parts = urlsplit(address)
    words = unquote(parts.path).strip("/").split("/")
    if words[-1] in _PAGES:
        words.pop()
    table = parse_qs(parts.query).get("select", [""])[0]
    return "/".join(words), table
