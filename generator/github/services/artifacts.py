"""The artifact service that upload-artifact and download-artifact call within a run.

Protocol: Twirp, JSON form, `github.actions.results.api.v1.ArtifactService` as generated
into actions/toolkit packages/artifact/src/generated/results/api/v1/artifact.ts.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from ..context import ZIP, AppContext
from ..core.clock import rfc3339
from ..core.errors import TwirpProblem
from ..core.models import Artifact, Run
from ..storage.artifacts import (
    MAX_PER_JOB,
    MAX_RETENTION_DAYS,
    NameTakenError,
    NewArtifact,
    TooManyError,
)
from .messages import Caller, Message, text

SERVICE = "github.actions.results.api.v1.ArtifactService"
_FORBIDDEN_IN_NAMES = '":<>|*?\r\n\\/'
_DAY = timedelta(days=1)


def create_artifact(context: AppContext, caller: Caller, message: Message) -> Message:
    """Announce an artifact and say where its bytes go."""
    name = text(message, "name")
    _check_name(name)
    mime_type = text(message, "mime_type", "mimeType") or ZIP
    claims = caller.claims
    room = context.meter.limits.artifact_bytes
    if room is not None and context.artifacts.used_bytes() >= room:
        # "insufficient usage" is what the toolkit looks for, to tell people about their quota.
        raise TwirpProblem(
            "resource_exhausted", "insufficient usage to create artifact", status=403
        )
    try:
        pending = context.artifacts.create(
            NewArtifact(
                caller.run.id,
                claims.attempt,
                claims.job_backend_id,
                name,
                mime_type,
                _retention_days(message),
            )
        )
    except NameTakenError:
        raise TwirpProblem(
            "already_exists",
            "an artifact with this name already exists on the workflow run",
        ) from None
    except TooManyError:
        raise TwirpProblem(
            "resource_exhausted",
            f"a job can have no more than {MAX_PER_JOB} artifacts",
            status=403,
        ) from None
    return {
        "ok": True,
        "signed_upload_url": context.signed_address(
            caller.origin, "artifacts", pending.blob, "w", caller.run.id
        ),
    }


def finalize_artifact(context: AppContext, caller: Caller, message: Message) -> Message:
    """Make an artifact visible; its size and digest have to be what the client says they are."""
    name = text(message, "name")
    pending = context.artifacts.pending(caller.run.id, caller.claims.attempt, name)
    if pending is None:
        return _finalized_before(context, caller, message)
    measured = context.artifacts.measured(pending.id)
    if measured is None:
        raise TwirpProblem(
            "failed_precondition", "the artifact's upload is not complete"
        )
    size_bytes, digest = measured
    said = text(message, "hash") or digest
    if text(message, "size") not in ("", str(size_bytes)) or not hmac.compare_digest(
        said, digest
    ):
        raise TwirpProblem(
            "invalid_argument",
            "size or hash of the artifact is not that of the uploaded bytes",
        )
    context.artifacts.finish(pending.id)
    return {"ok": True, "artifact_id": str(pending.id)}


def _finalized_before(context: AppContext, caller: Caller, message: Message) -> Message:
    """A client that lost the answer asks again: it gets the same one, if it says the same."""
    artifact = _newest(context, caller, text(message, "name"))
    if (text(message, "size"), text(message, "hash")) != (
        str(artifact.size_bytes),
        artifact.digest,
    ):
        raise TwirpProblem("not_found", "artifact not found")
    return {"ok": True, "artifact_id": str(artifact.id)}


def list_artifacts(context: AppContext, caller: Caller, message: Message) -> Message:
    """The run's artifacts, of every attempt."""
    name, wanted = (
        text(message, "name_filter", "nameFilter"),
        text(message, "id_filter", "idFilter"),
    )
    found = [
        artifact
        for artifact in context.artifacts.select("run_id = ?", [caller.run.id])
        if not artifact.expired
        and name in ("", artifact.name)
        and wanted in ("", str(artifact.id))
    ]
    return {"artifacts": [_listed(artifact, caller.run) for artifact in found]}


def get_signed_artifact_url(
    context: AppContext, caller: Caller, message: Message
) -> Message:
    """Where an artifact of this run can be fetched."""
    artifact = _newest(context, caller, text(message, "name"))
    return {
        "name": artifact.name,
        "signed_url": read_address(context, caller.origin, artifact, caller.run.id),
    }


def delete_artifact(context: AppContext, caller: Caller, message: Message) -> Message:
    """Delete an artifact of this run, which frees its name."""
    artifact = _newest(context, caller, text(message, "name"))
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
    """A signed address to read an artifact; `run_id` is who reads it (0: nobody in particular)."""
    return context.signed_address(origin, "artifacts", artifact.blob, "r", run_id)


def _newest(context: AppContext, caller: Caller, name: str) -> Artifact:
    found = context.artifacts.select("run_id = ? AND name = ?", [caller.run.id, name])
    fresh = [artifact for artifact in found if not artifact.expired]
    if not fresh:
        raise TwirpProblem("not_found", "artifact not found")
    return fresh[-1]


def _listed(artifact: Artifact, run: Run) -> Message:
    return {
        "workflow_run_backend_id": run.backend_id,
        "workflow_job_run_backend_id": artifact.job_backend_id,
        "database_id": str(artifact.id),
        "name": artifact.name,
        "size": str(artifact.size_bytes),
        "created_at": rfc3339(artifact.created_at),
        "digest": artifact.digest,
    }


def _retention_days(message: Message) -> int:
    """The retention in days that the client asked for.

    Clients send the end worked out by the machine's clock; only the difference carries
    over to our own clock.
    """
    said = text(message, "expires_at", "expiresAt")
    if not said:
        return MAX_RETENTION_DAYS
    try:
        ends = datetime.fromisoformat(said)
    except ValueError:
        raise TwirpProblem("malformed", "expires_at is not a timestamp") from None
    if ends.tzinfo is None:
        raise TwirpProblem("malformed", "expires_at has no time zone")
    return round((ends - datetime.now(UTC)) / _DAY)


def _check_name(name: str) -> None:
    if not name or len(name) > 256:  # noqa: PLR2004 - GitHub's limit
        raise TwirpProblem(
            "invalid_argument", "an artifact's name has 1 to 256 characters"
        )
    if any(character in _FORBIDDEN_IN_NAMES for character in name):
        raise TwirpProblem(
            "invalid_argument",
            "the artifact's name contains a character that is not allowed",
        )
