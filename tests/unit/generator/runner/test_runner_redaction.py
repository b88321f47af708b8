"""Secrets are masked in whatever form they come."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.runner.redaction import Redactor, find_passwords

SECRET = '<a href="x">it\'s R&D/gr\u00fc\u00dfe $5 \U0001f600+\\n</a>'


@pytest.mark.parametrize(
    "form",
    [
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026"),
        repr(SECRET),
        ascii(SECRET),
        repr(SECRET.encode()),
        repr({"a": [SECRET]}),
        html.escape(SECRET),
        quote(SECRET),
        quote(SECRET, safe=""),
        re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), quote_plus(SECRET)),
        "'" + SECRET.replace("'", "''") + "'",
    ],
)
def test_forms_of_programs_are_masked(form: str) -> None:
    left = Redactor([SECRET])(form)
    assert "***" in left
    assert "href" not in left
    assert "5" not in left.replace("\\u", "")


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_what_a_shell_traces_is_masked(shell: str) -> None:
    done = subprocess.run(
        [shell, "-xc", 'true "$1" "u:$1"', "sh", SECRET],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    left = Redactor([SECRET])(done.stderr)
    assert left.count("***") == 2, left
    assert "href" not in left


@given(st.binary(max_size=5), st.binary(max_size=5), st.sampled_from(["+/", "-_"]))
def test_base64_is_masked_wherever_the_secret_begins(
    before: bytes, after: bytes, signs: str
) -> None:
    data = before + SECRET.encode() + after
    encoded = base64.b64encode(data, signs.encode()).decode()
    head, _, tail = Redactor([SECRET])(encoded).partition("***")
    # What is left is of what stands around it, and a character at each end.
    assert len(head) <= len(before) * 8 // 6 + 1
    assert len(tail.rstrip("=")) <= len(after) * 8 // 6 + 2


def test_secrets_are_masked_in_every_form() -> None:
    redact = Redactor(['a"b\nsecond line', "x&y", ""])
    text = (
        'raw a"b\nsecond line, json a\\"b\\nsecond line, alone: second line, '
        "url x%26y, base64 eCZ5, plain x&y"
    )
    assert (
        redact(text) == "raw ***, json ***, alone: ***, url ***, base64 ***, plain ***"
    )
    assert Redactor()("nothing to hide") == "nothing to hide"


def test_secrets_are_masked_as_a_workflow_command_leaves_them() -> None:
    redact = Redactor(["pa%0Ay%25z"])
    assert (
        redact("::error::pa%0Ay%25z became pa\ny%z and y%z")
        == "::error::*** became *** and ***"
    )


def test_the_longer_secret_is_masked_first() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef abc") == "*** ***"


def test_passwords_in_addresses_are_secrets() -> None:
    environment = {
        "PIP_INDEX_URL": "https://me:hunter2@host/simple https://host/other",
        "A": "b@c",
        "B": "http://[@",
    }
    assert find_passwords(environment) == ["hunter2"]
