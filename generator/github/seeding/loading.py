"""Sends what a seed names to a local GitHub that is being served."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...errors import LocalGitHubError, SettingsError
from ..core.models import NewRun, RunTicket
from ..local_github import LocalGitHub
from .document import COMMENTS, RUN_FIELDS, Request, list_requests

_SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService/"
_SECONDS = 60
_NO_SHA = "0" * 40
_REFUSED = 400


class Seeder:
    """Fills one local GitHub, as its owner."""

    def __init__(self, local_github: LocalGitHub) -> None:
        self._local_github = local_github
        self._host = urlsplit(local_github.url).netloc
        self._token = local_github.create_owner_token()

    def fill(self, seed: Mapping[str, Any]) -> None:
        """Make everything; SettingsError, by its place, for what GitHub would refuse."""
        for request in list_requests(seed):
            self._make(request, seed)
        for number, run in enumerate(seed.get("runs", [])):
            self._make_run(run, f"runs[{number}]")

    def _make(self, request: Request, seed: Mapping[str, Any]) -> None:
        body = dict(request.body)
        if "from" in body:
            body["sha"] = self._find_tip(request.place, body.pop("from"))
        made = self._send(request._replace(body=body))
        section, _, rest = request.place.partition("[")
        # Comments belong to the record that has just been made.
        if section in {"issues", "pulls"}:
            record = seed[section][int(rest.rstrip("]"))]
            for text in record.get(COMMENTS, []):
                path = f"issues/{made['number']}/comments"
                comment = {"body": text}
                self._send(Request(f"{request.place}.comments", "POST", path, comment))

    def _find_tip(self, place: str, branch: str) -> str:
        path = f"branches/{branch}"
        if not branch:
            repository = self._send(Request(place, "GET", "", {}))
            path = f"branches/{repository['default_branch']}"
        found = self._send(Request(place, "GET", path, {}))
        return str(found["commit"]["sha"])

    def _make_run(self, run: Mapping[str, Any], place: str) -> None:
        """A run that has ended, with artifacts of one file each."""
        unknown = set(run) - set(RUN_FIELDS)
        if unknown:
            names = ", ".join(sorted(map(str, unknown)))
            hint = f"there are: {', '.join(RUN_FIELDS)}"
            raise SettingsError(f"{place} has {names}", hint=hint)
        workflow = str(run.get("workflow", ".github/workflows/train.yml"))
        ticket = self._local_github.begin_run(
            NewRun(
                workflow_path=workflow,
                workflow_name=str(run.get("name", workflow)),
                event=str(run.get("event", "push")),
                head_branch=str(run.get("branch", "main")),
                head_sha=str(run.get("sha", _NO_SHA)),
                permissions={"actions": "write"},
            )
        )
        for name, files in (run.get("artifacts") or {}).items():
            self._upload(ticket, name, _pack(files or {}))
        conclusion = str(run.get("conclusion", "success"))
        self._local_github.record_job(ticket.run.id, "run", conclusion)
        self._local_github.finish_run(ticket.run.id, conclusion)

    def _upload(self, ticket: RunTicket, name: str, data: bytes) -> None:
        """Upload an artifact as the toolkit does."""
        created = self._call(ticket, "CreateArtifact", {"name": name, "version": 4})
        address = urlsplit(created["signed_upload_url"])
        path = f"{address.path}?{address.query}"
        self._exchange("PUT", path, data, {"x-ms-blob-type": "BlockBlob"})
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        fields = {"name": name, "size": str(len(data)), "hash": digest}
        self._call(ticket, "FinalizeArtifact", fields)

    def _call(
        self, ticket: RunTicket, method: str, fields: Mapping[str, Any]
    ) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {ticket.runtime_token}",
            "Content-Type": "application/json",
        }
        data = json.dumps(fields).encode()
        status, answer = self._exchange("POST", _SERVICE + method, data, headers)
        found: dict[str, Any] = json.loads(answer)
        if status >= _REFUSED:
            raise SettingsError(f"artifact {fields['name']}: {found['msg']}")
        return found

    def _send(self, request: Request) -> dict[str, Any]:
        """What REST answers; SettingsError in its words where it refuses."""
        path = f"/repos/{self._local_github.repository}"
        if request.path:
            path += f"/{request.path}"
        data = None
        if request.body:
            data = json.dumps(request.body).encode()
        headers = {"Authorization": f"token {self._token}"}
        status, answer = self._exchange(request.method, path, data, headers)
        found: dict[str, Any] = {}
        if answer:
            found = json.loads(answer)
        if status >= _REFUSED:
            details = [str(fault) for fault in found.get("errors", ())]
            reason = "; ".join([str(found.get("message", status)), *details])
            raise SettingsError(f"the seed's {request.place} is refused: {reason}")
        return found

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=_SECONDS)
        try:
            connection.request(method, path, data, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise LocalGitHubError(f"the seed could not be sent: {error}") from None
        finally:
            connection.close()


def _pack(files: Mapping[str, object]) -> bytes:
    """Files, by their names, as the zip that an artifact is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, str(text))
    return packed.getvalue()
