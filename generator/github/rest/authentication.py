"""Who calls, and what the caller may do."""

from __future__ import annotations

import base64

from ..context import AppContext
from ..core.errors import bad_credentials, forbidden, not_found
from ..core.tokens import Grant
from .router import Match

# Either will do [docs.github.com/rest/authentication/authenticating-to-the-rest-api].
_SCHEMES = ("bearer", "token")


def authenticate(context: AppContext, authorization: str) -> Grant:
    """What the token of an Authorization header grants; 401 for one that is unknown.

    404 where there is none: to strangers, a private repository does not exist.
    """
    if not authorization:
        raise not_found()
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() == "basic":
        token = _read_password(token)
    elif scheme.lower() not in _SCHEMES:
        raise bad_credentials()
    grant = context.tokens.find_grant(token)
    if grant is None:
        raise bad_credentials()
    return grant


def _read_password(credentials: str) -> str:
    """The token of a basic authentication [RFC 7617]: its password, whoever the user is.

    "" where it is no such; git and older clients send tokens so.
    """
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except ValueError:
        return ""
    return text.partition(":")[2]


def authorize(context: AppContext, match: Match, grant: Grant) -> None:
    """404 for another repository, 403 where the token's permissions do not reach."""
    route, path = match
    if "owner" in path:
        # GitHub's names keep their case, and are compared without it.
        full_name = f"{path['owner']}/{path['repo']}"
        if full_name.lower() != context.repository.lower():
            raise not_found(route.docs)
    if route.permission:
        scope, _, level = route.permission.partition(":")
        if not grant.allows(scope, level):
            raise forbidden(route.docs)
