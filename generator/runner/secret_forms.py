"""The forms in which a secret can come out of a program.

Those that GitHub's runner masks (actions/runner, src/Sdk/DTLogging/Logging/ValueEncoders.cs)
and what common tools make of a text: Python, shells that trace, URLs, XML, base64 of a
secret within more text.
"""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

# A shorter piece of base64 would mask much that is no secret.
_LEAST_CORE = 8
# PowerShell prints parts of a command line that failed; GitHub masks none shorter.
_LEAST_SECTION = 6
_NOT_PLAIN = re.compile(r"[^\w@%+=:,./-]", re.ASCII)
_HEXADECIMAL = re.compile("%[0-9A-F]{2}")
_ANSI_C = {
    "\a": "\\a",
    "\b": "\\b",
    "\x1b": "\\E",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    "'": "\\'",
}


def iter_forms(value: str) -> Iterator[str]:
    """Yield a secret as it is, and every form of it; some may come twice or be empty."""
    yield value
    yield value.strip('"')
    yield value.replace("'", "''")  # in GitHub's expressions, and in YAML
    yield value.replace('"', '\\"')  # in arguments of Windows
    yield from _iter_json(value)
    yield from _iter_addresses(value)
    yield from _iter_markup(value)
    yield from _iter_python(value)
    yield from _iter_shell(value)
    yield from _iter_powershell(value)
    yield from _iter_base64(value.encode())


def _iter_json(value: str) -> Iterator[str]:
    for is_ascii in (True, False):
        text = json.dumps(value, ensure_ascii=is_ascii)[1:-1]
        yield text
        # As Go and browsers write it.
        yield _escape_markup(text)
        yield text.replace("/", "\\/")


def _escape_markup(text: str) -> str:
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _iter_addresses(value: str) -> Iterator[str]:
    for encoded in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield encoded
        yield _HEXADECIMAL.sub(lambda match: match[0].lower(), encoded)


def _iter_markup(value: str) -> Iterator[str]:
    yield escape(value)
    yield escape(value, {'"': "&quot;", "'": "&apos;"})
    yield escape(value, {'"': "&#34;", "'": "&#39;"})
    yield html.escape(value)


def _iter_python(value: str) -> Iterator[str]:
    for text in (repr(value), ascii(value), repr(value.encode())[1:]):
        yield text[1:-1]
        # Of a text with both kinds of quotes, as part of a longer one.
        yield text[1:-1].replace("'", "\\'")
        yield text[1:-1].replace("\\'", "'")


def _iter_shell(value: str) -> Iterator[str]:
    """Yield what bash and dash print of it where they trace (`set -x`) or quote (`%q`)."""
    yield shlex.quote(value)[1:-1] if _NOT_PLAIN.search(value) else value
    yield value.replace("'", "'\\''")
    yield value.replace("'", "'\"'\"'")
    yield re.sub(r"([\\\"$`])", r"\\\1", value)
    yield _NOT_PLAIN.sub(lambda match: "\\" + match[0], value)
    yield "".join(_ANSI_C.get(sign, sign) for sign in value)
    # As bash writes it where the locale knows no letters beyond ASCII.
    yield "".join(_ANSI_C.get(sign) or _escape_octal(sign) for sign in value)


def _escape_octal(sign: str) -> str:
    if sign.isascii():
        return sign
    return "".join(f"\\{byte:03o}" for byte in sign.encode())


def _iter_powershell(value: str) -> Iterator[str]:
    head, sign, tail = value.rpartition("&")
    if not sign:
        return
    for section in (head + sign, tail):
        if len(section) >= _LEAST_SECTION:
            yield section


def _iter_base64(data: bytes) -> Iterator[str]:
    """Yield it in base64 alone, and what all texts in base64 share that hold it.

    Three bytes make four characters, so what stands before it shifts it to one of three
    places. The characters at both ends depend on what is around it.
    """
    whole = base64.b64encode(data).decode()
    yield from _in_both_alphabets(whole)
    yield from _in_both_alphabets(whole.rstrip("="))
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + data).decode().rstrip("=")
        begin = (shift * 8 + 5) // 6
        end = (shift + len(data)) * 8 // 6
        core = encoded[begin:end]
        if len(core) >= _LEAST_CORE:
            yield from _in_both_alphabets(core)


def _in_both_alphabets(text: str) -> Iterator[str]:
    yield text
    yield text.replace("+", "-").replace("/", "_")
