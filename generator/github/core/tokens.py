"""Credentials of the local GitHub: REST tokens, runtime tokens and signed blob addresses.

All live in memory only, signed with a key made when the server starts: the store on
disk holds no secret, and a token ends with the server that gave it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

RUNTIME_TOKEN_HOURS = 24


@dataclass(slots=True)
class Grant:
    """What a REST token may do; `run_id` None is the owner's own token, which may do everything."""

    run_id: int | None
    permissions: Mapping[str, str]
    login: str = "github-actions[bot]"
    ended: bool = False
    calls: list[float] = field(default_factory=list)

    def allows(self, scope: str, level: str) -> bool:
        """Whether the token reaches `level` (read or write) of a scope."""
        held = self.permissions.get(scope, self.permissions.get("*", "none"))
        return held == "write" or (held == "read" and level == "read")


@dataclass(frozen=True, slots=True)
class RuntimeClaims:
    """Who a runtime token speaks for; `writes_caches` is False for runs of untrusted events."""

    run_backend_id: str
    job_backend_id: str
    run_id: int
    attempt: int


class TokenBook:
    """Gives out credentials and recognises them again; safe to use from several threads."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def issue(self, grant: Grant, *, prefix: str = "ghs_") -> str:
        """A new REST token."""
        token = prefix + secrets.token_hex(18)
        with self._lock:
            self._grants[_digest(token)] = grant
        return token

    def grant_of(self, token: str) -> Grant | None:
        """What a token may do; None for one that is unknown or has ended."""
        with self._lock:
            grant = self._grants.get(_digest(token))
        return None if grant is None or grant.ended else grant

    def end_run(self, run_id: int) -> None:
        """End the tokens of a run, as GitHub does when the job is over."""
        with self._lock:
            for grant in self._grants.values():
                grant.ended = grant.ended or grant.run_id == run_id

    def runtime_token(self, claims: RuntimeClaims, now: datetime) -> str:
        """A JWT (HS256) of the shape the toolkit decodes: the two backend ids stand in `scp`."""
        payload = {
            "iss": "wfgen",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=RUNTIME_TOKEN_HOURS)).timestamp()),
            "scp": f"Actions.Results:{claims.run_backend_id}:{claims.job_backend_id}",
            "run": claims.run_id,
            "attempt": claims.attempt,
        }
        signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(payload)}"
        return f"{signed}.{self._signature(signed)}"

    def read_runtime_token(self, token: str) -> RuntimeClaims | None:
        """The claims of a runtime token of ours; None for any other string.

        `exp` is not held against the token: the local clock may be moved by months
        while a job runs.
        """
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(
            signature.encode(), self._signature(signed).encode()
        ):
            return None
        body = signed.partition(".")[2]
        payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        _, run_backend_id, job_backend_id = payload["scp"].split(":")
        return RuntimeClaims(
            run_backend_id, job_backend_id, payload["run"], payload["attempt"]
        )

    def sign(self, text: str) -> str:
        """A signature that only this server can make."""
        return self._signature("address:" + text)

    def check(self, text: str, signature: str) -> bool:
        """Whether `sign` made this signature of this text."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())

    def _signature(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _segment(part: Mapping[str, object]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )
