"""What a local Kaggle answers, as values: no sockets here."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ..github.core.faults import FaultPlan
from .catalog import Bundle, Catalog, pack_files
from .submissions import Submissions

if TYPE_CHECKING:
    from .handler import Call

FILES_A_PAGE = 20
PACKED_FROM = 1 << 20
"""A single file from this many bytes on arrives as an archive of its own."""
_CREATED = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; of a file, ranges may be taken."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_file: bool = False


def make_json(content: object, status: int = 200) -> Answer:
    """Return an answer of the API."""
    body = json.dumps(content).encode()
    return Answer(status, body, {"Content-Type": "application/json"})


def make_refusal(status: int, message: str) -> Answer:
    """Return an error in the API's words."""
    return make_json({"code": status, "message": message}, status)


def _ignore(_path: str) -> None:
    """Do nothing at a call."""


class KaggleService:
    """The calls that the client makes; each is one row of the table below."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.faults = FaultPlan()
        self.calls: list[Call] = []
        self.on_call: Callable[[str], None] = _ignore
        self.storage = ""
        """Where the storage is; set by the server once it has a port."""
        self._submissions = Submissions(catalog)
        self._uploads: dict[str, bytes] = {}

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer a request."""
        if path.startswith("/storage/"):
            return self._get_file(path)
        # Signed addresses need no login.
        if path.startswith("/upload/"):
            self._uploads[path.rpartition("/")[2]] = body
            return Answer(200)
        name = path.rpartition("/")[2]
        handle = _CALLS.get(name)
        if method != "POST" or handle is None:
            return make_refusal(404, f"no call {name}")
        try:
            fields = json.loads(body or b"{}")
        except ValueError:
            return make_refusal(400, "no JSON")
        if name != "IntrospectToken" and not self._knows(headers):
            return make_refusal(401, "Unauthenticated")
        return handle(self, fields)

    def introspect(self, fields: dict[str, Any]) -> Answer:
        """Tell whose token it is."""
        for account in self.catalog.accounts:
            if account.token and account.token == fields.get("token"):
                return make_json({"active": True, "username": account.name})
        if self.catalog.accounts:
            return make_json({"active": False, "username": ""})
        return make_json({"active": True, "username": "somebody"})

    def get_dataset(self, fields: dict[str, Any]) -> Answer:
        """Tell the current version."""
        found = self._find_dataset({**fields, "datasetVersionNumber": None})
        if isinstance(found, Answer):
            return found
        return make_json({"currentVersionNumber": found.version})

    def get_status(self, fields: dict[str, Any]) -> Answer:
        """Tell that it is ready."""
        found = self._find_dataset(fields)
        if isinstance(found, Answer):
            return found
        return make_json({"status": "ready"})

    def get_metadata(self, fields: dict[str, Any]) -> Answer:
        """Tell under which license it is: the command line shows that."""
        found = self._find_dataset(fields)
        if isinstance(found, Answer):
            return found
        return make_json({"info": {"licenses": [{"name": "CC0-1.0"}]}})

    def list_dataset_files(self, fields: dict[str, Any]) -> Answer:
        """List names and sizes, by pages."""
        found = self._find_dataset(fields)
        if isinstance(found, Answer):
            return found
        return _list_page(found, fields, "datasetFiles")

    def download_dataset(self, fields: dict[str, Any]) -> Answer:
        """Send on to the archive, or to one file of it."""
        found = self._find_dataset(fields)
        if isinstance(found, Answer):
            return found
        place = f"datasets/{fields['ownerSlug']}/{found.name}/{found.version}"
        return self._send_on(found, place, fields.get("fileName"))

    def get_competition(self, fields: dict[str, Any]) -> Answer:
        """Tell whether it takes files."""
        found = self._find_competition(fields)
        if isinstance(found, Answer):
            return found
        return make_json(
            {
                "ref": found.name,
                "isKernelsSubmissionsOnly": found.is_code_only,
                "maxDailySubmissions": 5,
            }
        )

    def list_data_files(self, fields: dict[str, Any]) -> Answer:
        """List names and sizes, by pages."""
        found = self._find_competition(fields)
        if isinstance(found, Answer):
            return found
        return _list_page(found, fields, "files")

    def download_competition(self, fields: dict[str, Any]) -> Answer:
        """Send on to the archive, or to one file of it."""
        found = self._find_competition(fields)
        if isinstance(found, Answer):
            return found
        place = f"competitions/{found.name}"
        return self._send_on(found, place, fields.get("fileName"))

    def start_upload(self, _fields: dict[str, Any]) -> Answer:
        """Say where to put a file."""
        token = secrets.token_hex(8)
        return make_json(
            {"token": token, "createUrl": f"{self.storage}/upload/{token}"}
        )

    def create_submission(self, fields: dict[str, Any]) -> Answer:
        """Score what was uploaded."""
        found = self._find_competition(fields)
        if isinstance(found, Answer):
            return found
        if found.is_code_only:
            return make_refusal(400, "Submission not allowed: notebooks only")
        # A token is good for one submission.
        content = self._uploads.pop(fields.get("blobFileTokens", ""), b"")
        text = fields.get("submissionDescription", "")
        number = self._submissions.add(found.name, content, text)
        return make_json(
            {"message": f"Successfully submitted to {found.name}", "ref": number}
        )

    def list_submissions(self, fields: dict[str, Any]) -> Answer:
        """List submissions, newest first."""
        name = fields.get("competitionName", "")
        return make_json({"submissions": self._submissions.list_newest(name)})

    def create_version(self, fields: dict[str, Any]) -> Answer:
        """Make the next version of a dataset from uploads."""
        files = {}
        for row in fields.get("body", {}).get("files", []):
            token = row.get("token", "")
            files[row.get("name") or token] = self._uploads.pop(token, b"")
        owner, name = fields.get("ownerSlug", ""), fields.get("datasetSlug", "")
        number = self.catalog.add_version(owner, name, files)
        if number is None:
            return make_refusal(404, "Dataset not found")
        return make_json({"status": "Ok", "ref": f"{owner}/{name}"})

    def _knows(self, headers: Mapping[str, str]) -> bool:
        scheme, _, value = headers.get("Authorization", "").partition(" ")
        if not self.catalog.accounts:
            return bool(value)
        for account in self.catalog.accounts:
            pair = f"{account.name}:{account.key}".encode()
            if scheme == "Bearer" and account.token and value == account.token:
                return True
            basic = base64.b64encode(pair).decode()
            if scheme == "Basic" and account.key and value == basic:
                return True
        return False

    def _find_dataset(self, fields: dict[str, Any]) -> Bundle | Answer:
        owner, name = fields.get("ownerSlug", ""), fields.get("datasetSlug", "")
        version = fields.get("datasetVersionNumber")
        found = self.catalog.find_dataset(owner, name, version)
        # Kaggle says 403 of what is private and of what there is not, alike.
        if found is None and version is None:
            return make_refusal(403, "Permission 'datasets.get' was denied")
        if not self.catalog.may_read("datasets", f"{owner}/{name}"):
            return make_refusal(403, "Permission 'datasets.get' was denied")
        return found or make_refusal(404, "Dataset not found")

    def _find_competition(self, fields: dict[str, Any]) -> Bundle | Answer:
        name = fields.get("competitionName", "")
        found = self.catalog.find_competition(name)
        if found is None:
            return make_refusal(404, "Competition not found")
        if not self.catalog.may_read("competitions", name):
            return make_refusal(403, "You must accept this competition's rules")
        return found

    def _send_on(self, bundle: Bundle, place: str, file_name: str | None) -> Answer:
        # Each call is sent to an address of its own, as on Kaggle.
        if file_name is None:
            address = f"{self.storage}/storage/{place}/archive.zip"
        else:
            size = bundle.list_files().get(file_name)
            if size is None:
                return make_refusal(404, "File not found")
            packed = ".zip" if size >= PACKED_FROM else ""
            address = f"{self.storage}/storage/{place}/file/{quote(file_name)}{packed}"
        signed = f"{address}?X-Goog-Signature={secrets.token_hex(8)}"
        return Answer(302, b"", {"Location": signed})

    def _get_file(self, path: str) -> Answer:
        kind, *parts = unquote(path).removeprefix("/storage/").split("/")
        bundle: Bundle | None = None
        if kind == "datasets":
            owner, name, version, what, *rest = parts
            bundle = self.catalog.find_dataset(owner, name, int(version))
        else:
            name, what, *rest = parts
            bundle = self.catalog.find_competition(name)
        if bundle is None:
            return Answer(404)
        content: bytes | None = bundle.pack()
        if what == "file":
            content = _read_single(bundle, "/".join(rest))
        if content is None:
            return Answer(404)
        return Answer(200, content, {"Content-Type": "application/zip"}, is_file=True)


def _read_single(bundle: Bundle, name: str) -> bytes | None:
    content = bundle.read_file(name)
    if content is not None or not name.endswith(".zip"):
        return content
    inner = name.removesuffix(".zip")
    content = bundle.read_file(inner)
    if content is None:
        return None
    return pack_files({inner.rpartition("/")[2]: content})


def _list_page(bundle: Bundle, fields: dict[str, Any], key: str) -> Answer:
    first = int(fields.get("pageToken") or 0)
    last = first + int(fields.get("pageSize") or FILES_A_PAGE)
    rows = []
    for name, size in bundle.list_files().items():
        row = {"ref": name, "name": name, "totalBytes": size, "creationDate": _CREATED}
        rows.append(row)
    answer: dict[str, Any] = {key: rows[first:last]}
    if last < len(rows):
        answer["nextPageToken"] = str(last)
    return make_json(answer)


_CALLS: Mapping[str, Callable[[KaggleService, dict[str, Any]], Answer]] = {
    "IntrospectToken": KaggleService.introspect,
    "GetDataset": KaggleService.get_dataset,
    "GetDatasetStatus": KaggleService.get_status,
    "GetDatasetMetadata": KaggleService.get_metadata,
    "ListDatasetFiles": KaggleService.list_dataset_files,
    "DownloadDataset": KaggleService.download_dataset,
    "GetCompetition": KaggleService.get_competition,
    "ListDataFiles": KaggleService.list_data_files,
    "DownloadDataFiles": KaggleService.download_competition,
    "DownloadDataFile": KaggleService.download_competition,
    "StartSubmissionUpload": KaggleService.start_upload,
    "CreateSubmission": KaggleService.create_submission,
    "ListSubmissions": KaggleService.list_submissions,
    "StartBlobUpload": KaggleService.start_upload,
    "CreateDatasetVersion": KaggleService.create_version,
}
