"""Secrets are masked in whatever form they come."""

from __future__ import annotations

from generator.runner.redaction import Redactor, find_passwords


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
