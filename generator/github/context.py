"""Everything a request handler works with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from ..errors import LocalGitHubError
from ..process import Runner
from .core.clock import Clock, to_micros
from .core.faults import FaultPlan
from .core.rate_limits import Limits, Meter
from .core.tokens import TokenBook
from .launcher import Launcher
from .storage.artifacts import ArtifactStore
from .storage.blobs import BlobStore, Stored
from .storage.caches import CacheStore
from .storage.database import Database
from .storage.git_remote import GitRemote
from .storage.issues import IssueStore
from .storage.releases import ReleaseStore
from .storage.runs import RunStore
from .storage.workflows import WorkflowStore

DATABASE_NAME = "github.sqlite3"
ADDRESS_SECONDS = 3600
ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class Readable:
    """What a GET of a blob answers with, besides the bytes."""

    file_name: str
    mime_type: str
    artifact_id: int | None


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What an AppContext is opened with; `path` is the PATH that git is found by."""

    repository: str
    default_branch: str
    clock: Clock
    limits: Limits
    runner: Runner
    path: str


@dataclass(slots=True)
class AppContext:
    """One repository with its runs, and what guards it."""

    repository: str
    default_branch: str
    clock: Clock
    database: Database
    blobs: BlobStore
    workflows: WorkflowStore
    runs: RunStore
    artifacts: ArtifactStore
    caches: CacheStore
    issues: IssueStore
    releases: ReleaseStore
    git: GitRemote
    meter: Meter
    tokens: TokenBook = field(default_factory=TokenBook)
    faults: FaultPlan = field(default_factory=FaultPlan)
    launcher: Launcher | None = None

    @classmethod
    def open(cls, root: Path, settings: AppSettings) -> AppContext:
        """Open the store below a folder, made where it is missing."""
        repository, default_branch, clock = (
            settings.repository,
            settings.default_branch,
            settings.clock,
        )
        try:
            root.mkdir(parents=True, exist_ok=True)
            blobs = BlobStore(root)
        except OSError as error:
            raise LocalGitHubError(
                f"the local GitHub cannot use {root}: {error.strerror}"
            ) from error
        database = Database(root / DATABASE_NAME)
        blobs.sweep(lambda: known_blobs(database, clock))
        workflows = WorkflowStore(database, clock)
        return cls(
            repository=repository,
            default_branch=default_branch,
            clock=clock,
            database=database,
            blobs=blobs,
            workflows=workflows,
            runs=RunStore(database, clock, workflows, repository),
            artifacts=ArtifactStore(database, blobs, clock),
            caches=CacheStore(database, blobs, clock),
            issues=IssueStore(database, clock),
            releases=ReleaseStore(database, blobs, clock),
            git=GitRemote(
                root / "git" / f"{repository.replace('/', '-')}.git",
                default_branch,
                settings.runner,
                settings.path,
            ),
            meter=Meter(settings.limits),
        )

    @property
    def owner(self) -> str:
        """Whom the repository belongs to."""
        return self.repository.partition("/")[0]

    def clone_url(self) -> str:
        """Where git finds the repository."""
        return f"file://{self.git.folder}"

    def signed_address(
        self, origin: str, kind: str, blob: str, verb: str, run_id: int = 0
    ) -> str:
        """An address of a blob that needs no other credential, for reading ("r") or writing ("w").

        It ends by the machine's clock, as it guards a transfer under way, not the age
        of what is transferred.
        """
        ends = int(time.time()) + ADDRESS_SECONDS
        signature = self.tokens.sign(f"{kind}/{blob}/{verb}/{run_id}/{ends}")
        return f"{origin}/_blobs/{kind}/{blob}?{urlencode({'sp': verb, 'run': run_id, 'se': ends, 'sig': signature})}"

    def check_address(self, kind: str, blob: str, query: dict[str, str]) -> bool:
        """Whether `signed_address` made this address and it has not ended."""
        text = f"{kind}/{blob}/{query.get('sp')}/{query.get('run')}/{query.get('se')}"
        return (
            self.tokens.check(text, query.get("sig", ""))
            and int(query["se"]) > time.time()
        )

    def accepts_bytes(self, kind: str, blob: str) -> bool:
        """Whether a blob is still being written."""
        if kind == "caches":
            return self.caches.is_open(blob)
        return kind == "artifacts" and self.artifacts.is_open(blob)

    def took_bytes(self, kind: str, blob: str, stored: Stored) -> None:
        """Note that a blob is complete."""
        if kind == "artifacts":
            self.artifacts.uploaded(blob, stored)

    def readable(self, kind: str, blob: str) -> Readable | None:
        """What can be read under a blob's name at this instant."""
        if kind == "caches":
            return (
                Readable("cache.tzst", "application/octet-stream", None)
                if self.caches.by_blob(blob)
                else None
            )
        if kind == "assets":
            assets = self.releases.assets("blob = ?", [blob])
            return (
                Readable(assets[0].name, assets[0].content_type, None)
                if assets
                else None
            )
        found = self.artifacts.select("blob = ?", [blob]) if kind == "artifacts" else []
        if not found or found[0].expired:
            return None
        artifact = found[0]
        suffix = ".zip" if artifact.mime_type == ZIP else ""
        return Readable(artifact.name + suffix, artifact.mime_type, artifact.id)

    def close(self) -> None:
        """Close the store."""
        self.blobs.close()
        self.database.close()


def known_blobs(database: Database, clock: Clock) -> set[str]:
    """The names of all blobs that a record needs.

    An artifact that expired more than a day ago needs none.
    """
    rows = database.rows(
        """SELECT blob FROM artifacts WHERE state != 'deleted' AND expires_at > ?
           UNION SELECT blob FROM caches WHERE state != 'deleted' UNION SELECT blob FROM assets""",
        [to_micros(clock.now() - timedelta(days=1))],
    )
    return {row["blob"] for row in rows}
