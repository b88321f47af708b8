"""Credentials: which are known, until when, and what they say."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from generator.github.core.tokens import Grant, RuntimeClaims, TokenBook

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_tokens_are_known_until_they_end() -> None:
    book = TokenBook()
    token = book.create_token(Grant(7, {"actions": "read"}))
    assert token.startswith("ghs_")
    grant = book.find_grant(token)
    assert grant is not None
    assert (grant.allows("actions", "read"), grant.allows("actions", "write")) == (
        True,
        False,
    )
    assert not grant.allows("contents", "read")
    assert book.find_grant(token + "x") is None
    book.end_run(7)
    assert book.find_grant(token) is None


def test_a_runtime_token_is_a_jwt_with_the_backend_ids() -> None:
    book, claims = TokenBook(), RuntimeClaims("run-id", "job-id", 7, 2)
    token = book.create_runtime_token(claims, NOON)
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert payload["scp"] == "Actions.Results:run-id:job-id"
    assert book.read_runtime_token(token) == claims
    assert TokenBook().read_runtime_token(token) is None
    assert book.read_runtime_token("a.b.c") is None
    assert book.read_runtime_token("é") is None


def test_signatures_of_addresses_do_not_pass_for_tokens() -> None:
    book = TokenBook()
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode()
    assert book.read_runtime_token(f"{head}.e30.{book.sign(f'{head}.e30')}") is None
    assert book.check("blob", book.sign("blob"))
    assert not book.check("blob", "é")
