"""The real Kaggle client against the local Kaggle, which misbehaves as Kaggle and networks do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.github.core.faults import Fault
from generator.kaggle.catalog import Account
from generator.kaggle.handler import Call
from generator.kaggle.local_kaggle import LocalKaggle, open_local_kaggle

USER, KEY = "somebody", "0123456789abcdef-the-key"
API, STORAGE = "/api/*", "/storage/*"


class Plan:
    """What the local Kaggle has and how it behaves, changed by setting attributes.

    One dataset, somebody/rows, and one competition, race, hold the same archive.
    """

    def __init__(self, kaggle: LocalKaggle, folder: Path) -> None:
        self.kaggle, self.folder = kaggle, folder
        self.url = kaggle.url
        self._version, self._archive = 1, b""

    @property
    def version(self) -> int:
        return self._version

    @version.setter
    def version(self, number: int) -> None:
        self._version = number
        self._store()

    @property
    def archive(self) -> bytes:
        return self._archive

    @archive.setter
    def archive(self, content: bytes) -> None:
        self._archive = content
        self._store()

    def _store(self) -> None:
        versions = self.folder / "datasets/somebody/rows"
        versions.mkdir(parents=True, exist_ok=True)
        (versions / f"{self._version}.zip").write_bytes(self._archive)
        (self.folder / "competitions").mkdir(exist_ok=True)
        (self.folder / "competitions/race.zip").write_bytes(self._archive)

    def fail(self, path: str, fault: Mapping[str, Any], times: int = 1) -> None:
        """Let the next request to such a path go wrong."""
        self.kaggle.service.faults.add(
            Fault(
                path,
                times=times,
                status=fault.get("status"),
                retry_after=fault.get("retry_after"),
                delay_seconds=fault.get("hang", 0.0),
                truncate_after=fault.get("cut"),
                corrupt=fault.get("corrupt", False),
                cut="drop" in fault,
                message=fault.get("message", ""),
            )
        )

    def put(self, place: str, files: dict[str, str | bytes]) -> None:
        """Put files below the folder of the local Kaggle."""
        for name, content in files.items():
            path = self.folder / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = content.encode() if isinstance(content, str) else content
            path.write_bytes(raw)

    @property
    def calls(self) -> list[Call]:
        return self.kaggle.service.calls

    @property
    def called_names(self) -> list[str]:
        """The calls so far by their last part; of the storage, that alone."""
        return [
            "storage" if call.path.startswith("/storage") else call.path.split("/")[-1]
            for call in self.calls
        ]

    def set_tokens(self, tokens: dict[str, str]) -> None:
        accounts = [Account(name, KEY, token) for token, name in tokens.items()]
        self.kaggle.service.catalog.accounts[:] = accounts

    def on_download(self, hook: Callable[[], None]) -> None:
        def on_call(path: str) -> None:
            if path.startswith("/storage"):
                hook()

        self.kaggle.service.on_call = on_call

    def called(self, part: str) -> int:
        return sum(part in call.path for call in self.calls)

    def give(self, rows: int) -> None:
        """One table of so many rows."""
        self.archive = self.zipped({"rows.csv": self.rows(rows)})

    @staticmethod
    def zipped(
        members: dict[str, str] | dict[str, str | bytes],
        method: int = zipfile.ZIP_DEFLATED,
    ) -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", method) as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        return sink.getvalue()

    @staticmethod
    def rows(count: int, first: int = 0) -> str:
        return "x,colour,y\n" + "".join(
            f"{i % 17},{'rgb'[i % 3]},{int(i % 5 > 2)}\n"
            for i in range(first, first + count)
        )


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Plan]:
    folder = tmp_path / "kaggle"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    with open_local_kaggle(folder) as kaggle:
        for name, value in kaggle.make_environment({}).items():
            monkeypatch.setenv(name, value)
        plan = Plan(kaggle, folder)
        plan.give(300)
        yield plan
