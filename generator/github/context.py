"""Everything a request handler works with: the stores of one repository, and its guards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from ..errors import LocalGitHubError
from ..process import Runner
from .core.clock import Clock
from .core.faults import FaultPlan
from .core.models import NameScope
from .core.rate_limits import Limits, Meter
from .core.tokens import TokenBook
from .launcher import Launcher
from .presence import ServerPresence
from .storage.artifacts import ArtifactFilter, ArtifactStore
from .storage.caches import CacheStore
from .storage.database import Database
from .storage.documents import DocumentStore
from .storage.files.blobs import BlobStore, StoredBlob
from .storage.files.git_remote import GitRemote
from .storage.issues import IssueStore
from .storage.releases import AssetFilter, ReleaseStore
from .storage.runs import RunStore
from .storage.variables import VariableStore
from .storage.workflows import WorkflowStore

DATABASE_NAME = "github.sqlite3"
# Transfers stay on this machine, so an hour is enough for the largest of them.
ADDRESS_SECONDS = 3600
ZIP = "application/zip"


class ReadableBlob(NamedTuple):
    """What a GET of a blob answers with, besides the bytes."""

    file_name: str
    mime_type: str
    artifact_id: int | None = None


class AppSettings(NamedTuple):
    """What an AppContext is opened with; `path` is the PATH that git is found by."""

    repository: str
    default_branch: str
    clock: Clock
    limits: Limits
    runner: Runner
    path: str
    artifact_names: NameScope = NameScope.ATTEMPT


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
    variables: VariableStore
    documents: DocumentStore
    git: GitRemote
    meter: Meter
    presence: ServerPresence
    tokens: TokenBook = field(default_factory=TokenBook)
    faults: FaultPlan = field(default_factory=FaultPlan)
    launcher: Launcher | None = None

    @classmethod
    def open(cls, root: Path, settings: AppSettings) -> AppContext:
        """Open the stores below a folder, made where it is missing.

        Raises LocalGitHubError where the folder or the database cannot be used.
        """
        clock, repository = settings.clock, settings.repository
        blobs, presence = _open_folders(root)
        database = Database(root / DATABASE_NAME)
        workflows = WorkflowStore(database, clock)
        context = cls(
            repository=repository,
            default_branch=settings.default_branch,
            clock=clock,
            database=database,
            blobs=blobs,
            workflows=workflows,
            runs=RunStore(database, clock, workflows, repository, presence.id),
            artifacts=ArtifactStore(database, blobs, clock, settings.artifact_names),
            caches=CacheStore(database, blobs, clock),
            issues=IssueStore(database, clock),
            releases=ReleaseStore(database, blobs, clock),
            variables=VariableStore(database, clock),
            documents=DocumentStore(database, clock),
            git=_open_git(root, settings),
            meter=Meter(settings.limits),
            presence=presence,
        )
        # Last, as it asks the stores which blobs they need.
        with _translate_errors(root):
            blobs.sweep(context.list_needed_blobs)
        return context

    @property
    def owner(self) -> str:
        """Whom the repository belongs to."""
        return self.repository.partition("/")[0]

    def clone_url(self) -> str:
        """Where git finds the repository."""
        return f"file://{self.git.folder}"

    def signed_address(
        self, origin: str, container: str, blob: str, permission: str, run_id: int = 0
    ) -> str:
        """An address of a blob that needs no other credential.

        It is for reading (`permission` "r") or writing ("w"), and ends after ADDRESS_SECONDS.
        """
        # By the machine's clock, which a test that moves ours does not move: the end
        # guards a transfer under way, not the age of what is transferred.
        ends = int(time.time()) + ADDRESS_SECONDS
        signature = self.tokens.sign(f"{container}/{blob}/{permission}/{run_id}/{ends}")
        query = urlencode(
            {"sp": permission, "run": run_id, "se": ends, "sig": signature}
        )
        return f"{origin}/_blobs/{container}/{blob}?{query}"

    def check_address(self, container: str, blob: str, query: dict[str, str]) -> bool:
        """Whether `signed_address` made this address and it has not ended."""
        text = (
            f"{container}/{blob}/{query.get('sp')}/{query.get('run')}/{query.get('se')}"
        )
        if not self.tokens.check(text, query.get("sig", "")):
            return False
        # The signature holds, so `se` is the number that we wrote.
        return int(query["se"]) > time.time()

    def accepts_bytes(self, container: str, blob: str) -> bool:
        """Whether a blob is still being written."""
        if container == "caches":
            return self.caches.is_open(blob)
        return container == "artifacts" and self.artifacts.is_open(blob)

    def complete_upload(self, container: str, blob: str, stored: StoredBlob) -> None:
        """Note that all bytes of a blob have come."""
        if container == "artifacts":
            self.artifacts.complete_upload(blob, stored)

    def find_readable(self, container: str, blob: str) -> ReadableBlob | None:
        """What can be read under a blob's name at this instant."""
        if container == "artifacts":
            return self._find_artifact(blob)
        if container == "assets":
            return self._find_asset(blob)
        if container == "caches" and self.caches.find_by_blob(blob):
            return ReadableBlob("cache.tzst", "application/octet-stream")
        return None

    def _find_artifact(self, blob: str) -> ReadableBlob | None:
        for artifact in self.artifacts.list_finished(ArtifactFilter(blob=blob)):
            if artifact.expired:
                continue
            file_name = artifact.name
            if artifact.mime_type == ZIP:
                file_name += ".zip"
            return ReadableBlob(file_name, artifact.mime_type, artifact.id)
        return None

    def _find_asset(self, blob: str) -> ReadableBlob | None:
        for asset in self.releases.list_assets(AssetFilter(blob=blob)):
            return ReadableBlob(asset.name, asset.content_type)
        return None

    def list_needed_blobs(self) -> set[str]:
        """The names of all blobs that a record needs."""
        return (
            self.artifacts.list_needed_blobs()
            | self.caches.list_needed_blobs()
            | self.releases.list_needed_blobs()
        )

    def close(self) -> None:
        """Close the stores."""
        self.blobs.close()
        self.database.close()
        self.presence.close()


def _open_folders(root: Path) -> tuple[BlobStore, ServerPresence]:
    with _translate_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        return BlobStore(root), ServerPresence(root / "servers")


@contextmanager
def _translate_errors(root: Path) -> Iterator[None]:
    """Turn what the system says of the store's folder into a LocalGitHubError."""
    try:
        yield
    except OSError as error:
        raise LocalGitHubError(
            f"the local GitHub cannot use {root}: {error.strerror}"
        ) from error


def _open_git(root: Path, settings: AppSettings) -> GitRemote:
    folder = root / "git" / f"{settings.repository.replace('/', '-')}.git"
    return GitRemote(folder, settings.default_branch, settings.runner, settings.path)
