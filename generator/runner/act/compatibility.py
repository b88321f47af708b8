"""A copy of a workflow that act (0.2.89) can read.

Without what GitHub knows and act refuses to read. What is taken out changes nothing
about a run here: the runner plays concurrency, and an event says by itself when it
comes.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from ...workflow.act_support import QUEUE, remove_unsupported
from ...workflow.model import Workflow


class ActDocument(NamedTuple):
    """The data of a workflow as act can read it, and the keys that it goes without."""

    data: dict[str, Any]
    unsupported: tuple[str, ...]


def make_act_document(workflow: Workflow) -> ActDocument:
    """Return a copy of a workflow's data that act can read."""
    data = copy.deepcopy(workflow.document.mapping)
    removed = dict.fromkeys(remove_unsupported(data))
    # The runner itself plays concurrency: nothing of it is missing.
    removed.pop(QUEUE, None)
    return ActDocument(data, tuple(removed))
