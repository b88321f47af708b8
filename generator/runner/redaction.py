"""Takes secrets out of text, whatever form they come in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

MASK = "***"
# What act makes of the text of a workflow command, and so of a secret that a step put into one.
_COMMAND_CODES = (
    ("%0D", "\r"),
    ("%0A", "\n"),
    ("%3A", ":"),
    ("%2C", ","),
    ("%25", "%"),
)


class Redactor:
    """Replaces every secret it was told of; more can be added as a run tells of them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._regex: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask this value, its single lines.

        The forms it takes in JSON, in a URL and in base64.
        """
        plain = secret
        for code, char in _COMMAND_CODES:
            plain = plain.replace(code, char)
        for value in {secret, *secret.splitlines(), plain, *plain.splitlines()}:
            if not value.strip():
                continue
            encoded = base64.b64encode(value.encode()).decode()
            self._forms |= {
                value,
                json.dumps(value)[1:-1],
                quote(value, safe=""),
                encoded,
                encoded.rstrip("="),
            }
        self._regex = None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if not self._forms:
            return text
        if self._regex is None:
            # The longest first: a secret that holds another one must not be left with
            # its own ends showing.
            ordered = sorted(self._forms, key=len, reverse=True)
            self._regex = re.compile("|".join(re.escape(form) for form in ordered))
        return self._regex.sub(MASK, text)


def find_passwords(environment: Mapping[str, str]) -> list[str]:
    """Passwords inside the addresses that an environment holds.

    As those of package indexes and proxies.
    """
    found: list[str] = []
    for value in environment.values():
        for word in value.split():
            if "://" not in word or "@" not in word:
                continue
            try:
                password = urlsplit(word).password
            except ValueError:
                continue
            if password:
                found.append(password)
    return found


def redacted_line(line: str, redact: Redactor) -> str:
    """A line of the log for the file.

    Masked as parsed text, as escapes could hide a secret in the raw line.
    """
    try:
        entry = json.loads(line)
    except ValueError:
        return redact(line)
    return json.dumps(_redacted(entry, redact), ensure_ascii=False)


def _redacted(value: Any, redact: Redactor) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): _redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, redact) for item in value]
    return value
