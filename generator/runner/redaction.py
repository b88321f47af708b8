"""Takes secrets out of text, whatever form they come in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from .secret_forms import iter_forms

MASK = "***"
# What act makes of the text of a workflow command, and so of a secret that a step put
# into one.
_COMMAND_CODES = (
    ("%0D", "\r"),
    ("%0A", "\n"),
    ("%3A", ":"),
    ("%2C", ","),
    ("%25", "%"),
)


class Redactor:
    """Replaces every secret it knows; more can be added while a run goes on."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        # Swapped whole: another thread may be looking through it.
        self._ordered: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask this value and its single lines, in whatever form they come."""
        decoded = _decode_command(secret)
        lines = {*secret.splitlines(), *decoded.splitlines()}
        for value in {secret, decoded, *lines}:
            if value.strip():
                self._forms.update(form for form in iter_forms(value) if form.strip())
        # The longest first: a secret that holds another one must not be left with its
        # own ends showing.
        self._ordered = tuple(sorted(self._forms, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        # Of some hundred forms hardly any is ever there.
        found = [form for form in self._ordered if form in text]
        if not found:
            return text
        return re.sub("|".join(map(re.escape, found)), MASK, text)


def find_passwords(environment: Mapping[str, str]) -> list[str]:
    """Find passwords inside the addresses that an environment holds.

    As those of package indexes and proxies.
    """
    passwords = []
    for value in environment.values():
        for word in value.split():
            password = _find_password(word)
            if password:
                passwords.append(password)
    return passwords


def redact_log_line(line: str, redact: Redactor) -> str:
    """Return a line of act's log as the file is to have it.

    Masked as parsed text, as escapes could hide a secret in the line as it stands.
    """
    try:
        entry = json.loads(line)
    except ValueError:
        return redact(line)
    return json.dumps(_redact_json(entry, redact), ensure_ascii=False)


def _decode_command(text: str) -> str:
    for code, char in _COMMAND_CODES:
        text = text.replace(code, char)
    return text


def _find_password(word: str) -> str | None:
    if "://" not in word or "@" not in word:
        return None
    try:
        return urlsplit(word).password
    except ValueError:
        return None


def _redact_json(value: object, redact: Redactor) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): _redact_json(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [_redact_json(item, redact) for item in value]
    return value
