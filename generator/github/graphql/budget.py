"""What one query may cost, so that no query keeps the server from answering others.

GitHub bounds queries by the nodes that they ask for and ends those that take more than
ten seconds [docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api].
Here the fields count that are really resolved, which are what takes the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

# gh's longest query is 6 KB.
MAX_QUERY_CHARACTERS = 64 << 10
# About 2 seconds' worth; 100 issues with 100 comments each, as gh asks for them, are 90,000.
MAX_FIELDS = 150_000
# What takes as long as so many fields: a look into the database, and a record read there.
FIELDS_A_READ = 20
FIELDS_A_RECORD = 5


class QueryTooCostlyError(BaseException):
    """Ends a query at once.

    Not an Exception: graphql-core makes an error of the field of each of those, and then
    goes on to the next field.
    """


class Budget:
    """How much a query may still cost."""

    def __init__(self, fields: int = MAX_FIELDS) -> None:
        self._remaining = fields

    def charge(self, fields: int) -> None:
        """Take so many fields off; raises QueryTooCostlyError where there are not as many."""
        self._remaining -= fields
        if self._remaining < 0:
            raise QueryTooCostlyError

    def resolve_field(
        self,
        source: Mapping[str, Any],
        info: GraphQLResolveInfo[Any],
        **arguments: object,
    ) -> object:
        """The value of a field of a dictionary, as graphql-core resolves it by default."""
        self.charge(1)
        value = source.get(info.field_name)
        # A field that takes arguments asks a store.
        if callable(value):
            self.charge(FIELDS_A_READ)
            return value(info, **arguments)
        return value
