"""The artifact service that upload-artifact and download-artifact call within a run.

Protocol: Twirp, JSON form, `github.actions.results.api.v1.ArtifactService` as generated
into actions/toolkit packages/artifact/src/generated/results/api/v1/artifact.ts.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from ..context import ZIP, AppContext
from ..core.clock import format_rfc3339
from ..core.errors import TwirpError
from ..core.models import Artifact, Run
from ..core.names import is_media_type, is_name
from ..storage.artifacts import (
    MAX_PER_JOB,
    MAX_RETENTION_DAYS,
    ArtifactFilter,
    NameTakenError,
    NewArtifact,
    TooManyError,
)
from .twirp_messages import Caller, Message, read_text

SERVICE = "github.actions.results.api.v1.ArtifactService"
# actions/toolkit packages/artifact/src/internal/upload/path-and-artifact-name-validation.ts.
_FORBIDDEN_IN_NAMES = frozenset('":<>|*?\r\n\\/')
_MAX_NAME_LENGTH = 256
_DAY = timedelta(days=1)


def create_artifact(context: AppContext, caller: Caller, message: Message) -> Message:
    """Announce an artifact and say where its bytes go."""
    name = read_text(message, "name")
    _check_name(name)
    mime_type = read_text(message, "mime_type", "mimeType") or ZIP
    if not is_media_type(mime_type):
        raise TwirpError("invalid_argument", "mime_type is no media type")
    _check_quota(context)
    new = NewArtifact(
        run_id=caller.run.id,
        attempt=caller.claims.attempt,
        job_backend_id=caller.claims.job_backend_id,
        name=name,
        mime_type=mime_type,
        days=_read_retention_days(message),
    )
    try:
        pending = context.artifacts.create(new)
    except NameTakenError:
        raise TwirpError(
            "already_exists",
            "an artifact with this name already exists on the workflow run",
        ) from None
    except TooManyError:
        raise TwirpError(
            "resource_exhausted",
            f"a job can have no more than {MAX_PER_JOB} artifacts",
            # Not Twirp's 429, which clients take for "ask again later".
            status=403,
        ) from None
    address = context.signed_address(
        caller.origin, "artifacts", pending.blob, "w", caller.run.id
    )
    return {"ok": True, "signed_upload_url": address}


def finalize_artifact(context: AppContext, caller: Caller, message: Message) -> Message:
    """Make an artifact visible; its size and digest have to be what the client says."""
    name = read_text(message, "name")
    pending = context.artifacts.find_pending(caller.run.id, caller.claims.attempt, name)
    if pending is None:
        return _finalize_again(context, caller, message)
    if pending.digest is None:
        raise TwirpError("failed_precondition", "the artifact's upload is not complete")
    size = read_text(message, "size")
    is_size_right = size in ("", str(pending.size_bytes))
    digest = read_text(message, "hash") or pending.digest
    if not is_size_right or not hmac.compare_digest(digest, pending.digest):
        raise TwirpError(
            "invalid_argument",
            "size or hash of the artifact is not that of the uploaded bytes",
        )
    context.artifacts.finish(pending.id)
    return {"ok": True, "artifact_id": str(pending.id)}


def _finalize_again(context: AppContext, caller: Caller, message: Message) -> Message:
    """The same answer to a client that lost it and asks the same again."""
    artifact = _find_newest(context, caller, read_text(message, "name"))
    request = (read_text(message, "size"), read_text(message, "hash"))
    if request != (str(artifact.size_bytes), artifact.digest):
        raise TwirpError("not_found", "artifact not found")
    return {"ok": True, "artifact_id": str(artifact.id)}


def list_artifacts(context: AppContext, caller: Caller, message: Message) -> Message:
    """The run's artifacts, of every attempt."""
    name = read_text(message, "name_filter", "nameFilter")
    artifact_id = read_text(message, "id_filter", "idFilter")
    artifact_filter = ArtifactFilter(run_id=caller.run.id, name=name or None)
    bodies = []
    for artifact in context.artifacts.list_finished(artifact_filter):
        if artifact.expired or artifact_id not in ("", str(artifact.id)):
            continue
        bodies.append(_describe_artifact(artifact, caller.run))
    return {"artifacts": bodies}


def get_signed_artifact_url(
    context: AppContext, caller: Caller, message: Message
) -> Message:
    """Where an artifact of this run can be fetched."""
    artifact = _find_newest(context, caller, read_text(message, "name"))
    address = read_address(context, caller.origin, artifact, caller.run.id)
    return {"name": artifact.name, "signed_url": address}


def delete_artifact(context: AppContext, caller: Caller, message: Message) -> Message:
    """Delete an artifact of this run, which frees its name."""
    artifact = _find_newest(context, caller, read_text(message, "name"))
    context.artifacts.delete(artifact.id)
    return {"ok": True, "artifact_id": str(artifact.id)}


METHODS = {
    "CreateArtifact": create_artifact,
    "FinalizeArtifact": finalize_artifact,
    "ListArtifacts": list_artifacts,
    "GetSignedArtifactURL": get_signed_artifact_url,
    "DeleteArtifact": delete_artifact,
}


def read_address(
    context: AppContext, origin: str, artifact: Artifact, run_id: int
) -> str:
    """A signed address to read an artifact; `run_id` is who reads it (0: nobody known)."""
    return context.signed_address(origin, "artifacts", artifact.blob, "r", run_id)


def _find_newest(context: AppContext, caller: Caller, name: str) -> Artifact:
    artifact_filter = ArtifactFilter(run_id=caller.run.id, name=name)
    for artifact in reversed(context.artifacts.list_finished(artifact_filter)):
        if not artifact.expired:
            return artifact
    raise TwirpError("not_found", "artifact not found")


def _describe_artifact(artifact: Artifact, run: Run) -> Message:
    return {
        "workflow_run_backend_id": run.backend_id,
        "workflow_job_run_backend_id": artifact.job_backend_id,
        # 64-bit integers are text in protobuf's JSON form.
        "database_id": str(artifact.id),
        "name": artifact.name,
        "size": str(artifact.size_bytes),
        "created_at": format_rfc3339(artifact.created_at),
        "digest": artifact.digest,
    }


def _read_retention_days(message: Message) -> int:
    """The retention in days that the client asked for; GitHub's most where it did not."""
    timestamp = read_text(message, "expires_at", "expiresAt")
    if not timestamp:
        return MAX_RETENTION_DAYS
    try:
        expires_at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise TwirpError("malformed", "expires_at is not a timestamp") from None
    if expires_at.tzinfo is None:
        raise TwirpError("malformed", "expires_at has no time zone")
    # Clients work the end out by the machine's clock, not by the local GitHub's: only
    # the difference carries over.
    return round((expires_at - datetime.now(UTC)) / _DAY)


def _check_quota(context: AppContext) -> None:
    limit = context.meter.limits.artifact_bytes
    if limit is not None and context.artifacts.sum_used_bytes() >= limit:
        # "insufficient usage" is what the toolkit looks for, to tell people about their quota.
        raise TwirpError(
            "resource_exhausted", "insufficient usage to create artifact", status=403
        )


def _check_name(name: str) -> None:
    if not 0 < len(name) <= _MAX_NAME_LENGTH:
        raise TwirpError(
            "invalid_argument",
            f"an artifact's name has 1 to {_MAX_NAME_LENGTH} characters",
        )
    if not is_name(name) or not _FORBIDDEN_IN_NAMES.isdisjoint(name):
        raise TwirpError(
            "invalid_argument",
            "the artifact's name contains a character that is not allowed, or is . or ..",
        )
