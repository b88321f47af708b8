"""A copy of a workflow that act (0.2.89) can read.

Without what GitHub knows and act refuses to read, and with the secrets and variables of
GitHub environments. What is taken out changes nothing about a run here: the runner
follows the workflow's concurrency, and an event says by itself when it comes.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path

from ...workflow.act_support import WORKFLOW_QUEUE, remove_unsupported
from ...workflow.model import Workflow
from ..models import RunRequest
from .environment_secrets import use_aliases


@dataclass(frozen=True, slots=True)
class ActWorkflow:
    """The file for act, and the keys that it goes without (`unsupported`)."""

    path: Path
    unsupported: tuple[str, ...] = ()


def write_act_copy(
    workflow: Workflow, request: RunRequest, original: Path, folder: Path
) -> ActWorkflow:
    """Write the copy for act into `folder`; where the original will do, that is taken."""
    document = copy.deepcopy(workflow.document.mapping)
    removed = dict.fromkeys(remove_unsupported(document))
    uses_aliases = use_aliases(document, workflow, request)
    if not removed and not uses_aliases:
        return ActWorkflow(original)
    # The runner itself has the queue of the whole workflow: nothing of it is missing.
    removed.pop(WORKFLOW_QUEUE, None)
    # A workflow without a name is called by its file, so that must keep its name.
    path = folder / original.name
    # JSON is YAML.
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return ActWorkflow(path, tuple(removed))
