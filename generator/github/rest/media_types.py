"""Media types that ask for texts in other forms, too.

[docs.github.com/rest/using-the-rest-api/media-types]
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

# With or without the version that older clients name: `application/vnd.github.v3.full+json`.
_FORM = re.compile(r"application/vnd\.github(?:\.v3)?\.(raw|text|html|full)\+json")
_FORMS = {
    "raw": ("body",),
    "text": ("body_text",),
    "html": ("body_html",),
    "full": ("body", "body_text", "body_html"),
}


def add_forms(body: object, accept: str) -> object:
    """An answer whose texts have the forms that are asked for, instead of Markdown alone."""
    asked = _FORM.search(accept)
    if asked is None:
        return body
    return _convert(body, _FORMS[asked[1]])


def _convert(value: object, forms: tuple[str, ...]) -> object:
    if isinstance(value, list):
        return [_convert(one, forms) for one in value]
    if not isinstance(value, Mapping):
        return value
    converted = {}
    for key, one in value.items():
        converted[key] = _convert(one, forms)
    # What has a text of somebody's is a record, and every record has an id of its node.
    if "body" in converted and "node_id" in converted:
        text = converted.pop("body")
        for form in forms:
            converted[form] = _render(text, form)
    return converted


def _render(text: object, form: str) -> object:
    """A text in one form; as HTML its paragraphs alone, since Markdown is not read here."""
    if form != "body_html" or not isinstance(text, str):
        return text
    paragraphs = html.escape(text).split("\n\n")
    return "\n".join(f'<p dir="auto">{one}</p>' for one in paragraphs if one)
