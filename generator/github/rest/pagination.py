"""Pages of records [docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ..core.names import MAX_ID_DIGITS, parse_digits
from .calls import Call, JsonObject, Record, Reply

# Both as on GitHub, see the page above.
MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 30
# GitHub names no last page; this one keeps offsets within SQLite's integers.
MAX_PAGE_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """Which records are asked for; pages count from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many records come before the page."""
        return (self.number - 1) * self.size


def read_page(call: Call) -> Page:
    """The page that `page` and `per_page` of a query name."""
    size = _read_bounded(call, "per_page", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    number = _read_bounded(call, "page", 1, MAX_PAGE_NUMBER)
    return Page(number, size)


def paginate(
    call: Call,
    records: Sequence[Record],
    serialize: Callable[[Record], JsonObject],
    key: str = "",
    fields: Mapping[str, object] | None = None,
) -> Reply:
    """The page of all `records` that was asked for.

    A bare list, or with a `key` an object of `total_count`, the list under that key, and
    further `fields`.
    """
    page = read_page(call)
    page_records = records[page.offset : page.offset + page.size]
    reply = reply_page(call, page_records, len(records), serialize, key)
    if isinstance(reply.body, dict) and fields is not None:
        reply.body.update(fields)
    return reply


def reply_page(
    call: Call,
    page_records: Sequence[Record],
    total: int,
    serialize: Callable[[Record], JsonObject],
    key: str = "",
) -> Reply:
    """A page that the store selected from `total` records by `read_page`; `key` as above."""
    bodies = [serialize(record) for record in page_records]
    headers = {}
    links = _format_links(call, total)
    if links:
        headers["Link"] = links
    if not key:
        return Reply(body=bodies, headers=headers)
    return Reply(body={"total_count": total, key: bodies}, headers=headers)


def _format_links(call: Call, total: int) -> str:
    """The Link header: pages before and after this one, where there are any."""
    page = read_page(call)
    # Rounded up; even no records make a page.
    last = max(1, -(-total // page.size))
    numbers = {}
    if page.number > 1:
        # From beyond the end, it leads back to the last page.
        numbers["prev"] = min(page.number - 1, last)
    if page.number < last:
        numbers["next"] = page.number + 1
        numbers["last"] = last
    if page.number > 1:
        numbers["first"] = 1
    # A header holds no more than ASCII.
    address = call.origin + quote(call.url_path)
    links = []
    for relation, number in numbers.items():
        query = urlencode({**call.query, "page": number})
        links.append(f'<{address}?{query}>; rel="{relation}"')
    return ", ".join(links)


def _read_bounded(call: Call, name: str, default: int, most: int) -> int:
    """A number of the query, read as GitHub does.

    What is no positive number counts as the default, too much as the most.
    """
    text = call.query.get(name, "")
    # More digits than the most has mean the most, however many they are.
    number = parse_digits(text[:MAX_ID_DIGITS], MAX_ID_DIGITS)
    if not number:
        return default
    return min(number, most)
