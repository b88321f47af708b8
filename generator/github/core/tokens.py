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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

RUNTIME_TOKEN_HOURS = 24


@dataclass(slots=True)
class Grant:
    """What a REST token may do: scope to "read" or "write", "*" for all other scopes.

    `run_id` None is the owner's own token.
    """

    run_id: int | None
    permissions: Mapping[str, str]
    login: str = "github-actions[bot]"
    ended: bool = False

    def allows(self, scope: str, level: str) -> bool:
        """Whether the token reaches `level` (read or write) of a scope."""
        granted = self.permissions.get(scope, self.permissions.get("*", "none"))
        if granted == "write":
            return True
        return granted == "read" and level == "read"


class RuntimeClaims(NamedTuple):
    """Whom a runtime token speaks for: a job of an attempt of a run."""

    run_backend_id: str
    job_backend_id: str
    run_id: int
    attempt: int


class TokenBook:
    """Creates credentials and recognises them again; safe to use from several threads."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def create_token(self, grant: Grant, *, prefix: str = "ghs_") -> str:
        """A new REST token."""
        token = prefix + secrets.token_hex(18)
        with self._lock:
            # By hash: how long a look-up takes tells nothing of the tokens there are.
            self._grants[_hash_token(token)] = grant
        return token

    def find_grant(self, token: str) -> Grant | None:
        """What a token may do; None for one that is unknown or has ended."""
        with self._lock:
            grant = self._grants.get(_hash_token(token))
        if grant is None or grant.ended:
            return None
        return grant

    def end_run(self, run_id: int) -> None:
        """End the tokens of a run, as GitHub does when the job is over."""
        with self._lock:
            for grant in self._grants.values():
                if grant.run_id == run_id:
                    grant.ended = True

    def create_runtime_token(self, claims: RuntimeClaims, now: datetime) -> str:
        """A JWT (HS256) of the shape the toolkit decodes: the two backend ids stand in `scp`."""
        payload = {
            "iss": "wfgen",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=RUNTIME_TOKEN_HOURS)).timestamp()),
            "scp": f"Actions.Results:{claims.run_backend_id}:{claims.job_backend_id}",
            "run": claims.run_id,
            "attempt": claims.attempt,
        }
        header = _encode_segment({"alg": "HS256", "typ": "JWT"})
        signed = f"{header}.{_encode_segment(payload)}"
        return f"{signed}.{self._compute_signature(signed)}"

    def read_runtime_token(self, token: str) -> RuntimeClaims | None:
        """The claims of a runtime token of ours; None for any other string."""
        signed, _, signature = token.rpartition(".")
        if not self._is_signature(signed, signature):
            return None
        # `exp` is not held against the token: the local clock may be moved by months
        # while a job runs.
        payload = _decode_segment(signed.partition(".")[2])
        _, run_backend_id, job_backend_id = payload["scp"].split(":")
        return RuntimeClaims(
            run_backend_id, job_backend_id, payload["run"], payload["attempt"]
        )

    def sign(self, text: str) -> str:
        """A signature that only this server can make."""
        # The prefix keeps signatures of addresses from passing for those of tokens.
        return self._compute_signature(f"address:{text}")

    def check(self, text: str, signature: str) -> bool:
        """Whether `sign` made this signature of this text."""
        return self._is_signature(f"address:{text}", signature)

    def _is_signature(self, text: str, signature: str) -> bool:
        # As bytes: compare_digest takes no text beyond ASCII, and clients send any.
        expected = self._compute_signature(text)
        return hmac.compare_digest(signature.encode(), expected.encode())

    def _compute_signature(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode(), "sha256")
        return _encode_base64(digest)


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _encode_segment(part: Mapping[str, object]) -> str:
    return _encode_base64(json.dumps(part, separators=(",", ":")).encode())


def _decode_segment(segment: str) -> dict[str, Any]:
    padding = "=" * (-len(segment) % 4)
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + padding))
    return payload


def _encode_base64(data: bytes) -> str:
    """base64url without padding, as in JSON Web Signatures [RFC 7515, 2]."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
