"""Which environment a call is about, and names of what it holds."""

from __future__ import annotations

import re

from ...context import AppContext
from ...storage.documents import Document
from ..calls import Call

ENVIRONMENT = "environment"
# docs.github.com, "Naming your secrets" and "... for configuration variables".
_NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE | re.ASCII)


def find_environment(context: AppContext, call: Call) -> Document:
    """The environment that the path names; 404 where there is none."""
    try:
        return context.documents.find(ENVIRONMENT, call.path["environment"])
    except KeyError:
        raise call.not_found() from None


def find_scope(context: AppContext, call: Call) -> str:
    """The name of the environment whose secrets are meant; "" for the repository's."""
    if "environment" not in call.path:
        return ""
    return find_environment(context, call).key


def is_setting_name(name: str) -> bool:
    """Whether a secret or variable may have a name."""
    return _NAME.fullmatch(name) is not None
