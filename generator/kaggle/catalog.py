"""What a local Kaggle has: folders as datasets and competitions.

`datasets/OWNER/NAME` and `competitions/NAME` hold the files. Where all that lies in a
dataset's folder is numbered (`1/`, `2/`, or `2.zip` for an archive served as it is),
those are its versions, and the greatest is the current one. `kaggle.toml` beside them
says who may log in and what an account may not read.
"""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SettingsError

SETTINGS_FILE = "kaggle.toml"
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VERSION = re.compile(r"([1-9][0-9]{0,5})(\.zip)?")
# The oldest moment that a zip archive can tell: the same files are the same bytes.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Account:
    """Who may log in: by name and key, or by token."""

    name: str
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version of a dataset, or a competition.

    `place` is a folder of files, or an archive that is served as it is.
    """

    name: str
    version: int
    place: Path
    is_code_only: bool = False

    def list_files(self) -> dict[str, int]:
        """Return names and sizes in bytes; those of an archive if it can be read."""
        if self.place.is_file():
            return _list_archive(self.place)
        files = {}
        for path in sorted(self.place.rglob("*")):
            if path.is_file():
                name = path.relative_to(self.place).as_posix()
                files[name] = path.stat().st_size
        return files

    def read_file(self, name: str) -> bytes | None:
        """Return one file; None where there is none of that name."""
        if name not in self.list_files():
            return None
        if self.place.is_file():
            with zipfile.ZipFile(self.place) as archive:
                return archive.read(name)
        return (self.place / name).read_bytes()

    def pack(self) -> bytes:
        """Return everything in it as one zip archive, the same bytes each time."""
        if self.place.is_file():
            return self.place.read_bytes()
        files = {}
        for name in self.list_files():
            files[name] = (self.place / name).read_bytes()
        return pack_files(files)


def pack_files(files: dict[str, bytes]) -> bytes:
    """Return a zip archive of the files."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


class Catalog:
    """The datasets, competitions and accounts in a folder, looked up at each call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accounts: list[Account] = []
        self._settings: dict[str, Any] = {}
        self.reload()

    def reload(self) -> None:
        """Read `kaggle.toml` anew. Raises SettingsError."""
        self._settings = _read_settings(self.folder)
        self.accounts.clear()
        for name, row in self._get_table("accounts").items():
            account = Account(name, row.get("key", ""), row.get("token", ""))
            self.accounts.append(account)

    def find_dataset(self, owner: str, name: str, version: int | None) -> Bundle | None:
        """Return that version of a dataset, or the current one."""
        versions = self._list_versions(owner, name)
        if not versions:
            return None
        number = version or max(versions)
        if number not in versions:
            return None
        return Bundle(name, number, versions[number])

    def find_competition(self, name: str) -> Bundle | None:
        """Return a competition."""
        if not _SLUG.fullmatch(name):
            return None
        folder = self.folder / "competitions"
        rules = self._get_table("competitions").get(name, {})
        is_code_only = bool(rules.get("code_only", False))
        for place in (folder / name, folder / f"{name}.zip"):
            if place.exists():
                return Bundle(name, 1, place, is_code_only)
        return None

    def may_read(self, kind: str, name: str) -> bool:
        """Tell whether an account may: not private, and its rules accepted."""
        rules = self._get_table(kind).get(name, {})
        accepted = rules.get("rules_accepted", True)
        return bool(accepted) and not rules.get("private", False)

    def add_version(self, owner: str, name: str, files: dict[str, bytes]) -> int | None:
        """Keep files as the next version of a dataset whose versions are numbered.

        Return its number; None where there is no such dataset.
        """
        versions = self._list_versions(owner, name)
        if not versions:
            return None
        number = max(versions) + 1
        folder = self.folder / "datasets" / owner / name / str(number)
        folder.mkdir()
        for file_name, content in files.items():
            # A name alone: an upload chooses no place outside of the folder.
            (folder / Path(file_name).name).write_bytes(content)
        return number

    def _list_versions(self, owner: str, name: str) -> dict[int, Path]:
        if not (_SLUG.fullmatch(owner) and _SLUG.fullmatch(name)):
            return {}
        folder = self.folder / "datasets" / owner / name
        if not folder.is_dir():
            return {}
        versions = {}
        # One file that is no version, and all of it is the first one.
        for path in folder.iterdir():
            numbered = _VERSION.fullmatch(path.name)
            if numbered is None or (path.is_file() and not numbered[2]):
                return {1: folder}
            versions[int(numbered[1])] = path
        return versions

    def _get_table(self, name: str) -> dict[str, Any]:
        table = self._settings.get(name, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{SETTINGS_FILE}: `{name}` must be a table")
        return table


def _list_archive(path: Path) -> dict[str, int]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return {}
    files = {}
    for info in infos:
        files[info.filename] = info.file_size
    return files


def _read_settings(folder: Path) -> dict[str, Any]:
    """Read `kaggle.toml`; raises SettingsError."""
    if not folder.is_dir():
        raise SettingsError(
            f"{folder} is no folder", hint="datasets/OWNER/NAME, competitions/NAME"
        )
    path = folder / SETTINGS_FILE
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
