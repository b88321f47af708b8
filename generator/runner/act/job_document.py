"""The workflow that act is given for one job: that job alone, ready to run.

What the job needs stands as stubs with the same outputs and results. What decides
about whole jobs (conditions, the matrix, time limits) was decided before and is taken
out. A job more writes down the outputs, which act itself works out.
"""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ...workflow.expressions import replace_expressions
from ..models import Conclusion

# A part of a workflow's data, as YAML has it.
Data: TypeAlias = dict[str, Any]

OUTPUTS_JOB = "wfgen-outputs"
_RUNS_ON = "ubuntu-latest"
# No line of JSON is a bare word.
_END = "END_OF_OUTPUTS"
# What the runner has settled by the time a job starts.
_SETTLED_KEYS = ("if", "needs", "strategy", "continue-on-error", "timeout-minutes")
_TEXT = r"'(?:[^']|'')*'"
_NEEDS = re.compile(r"(?<![\w.-])needs(?![\w-])", re.IGNORECASE)


class NeededJob(NamedTuple):
    """What the `needs` context says of a job."""

    result: Conclusion
    outputs: Mapping[str, str]


def is_stand_in(entry: Mapping[str, Any], workflow: str, job_id: str) -> bool:
    """Whether a line of act's JSON log is of a stub, or of the job of the outputs.

    `workflow` is its name, or its file's where it has none. act calls a job of a called
    workflow by the way to it, and other jobs by the workflow's name and their own id.
    """
    logged = str(entry.get("jobID", ""))
    if logged in {"", job_id}:
        return False
    return str(entry.get("job", "")).strip() == f"{workflow}/{logged}"


class JobCopy(NamedTuple):
    """What makes the copy of a job.

    `matrix` is empty where it has none. `literals` are values by reference
    ("strategy.job-index") that act does not know. `outputs_file` is where its outputs
    are to be written, None for nowhere.
    """

    job_id: str
    matrix: Mapping[str, object]
    needs: Mapping[str, NeededJob]
    literals: Mapping[str, object]
    outputs_file: Path | None


def make_job_document(workflow: Data, job_copy: JobCopy) -> Data:
    """Return the data of a workflow that runs one job of `workflow`."""
    job = copy.deepcopy(workflow["jobs"][job_copy.job_id])
    for key in _SETTLED_KEYS:
        job.pop(key, None)
    if job_copy.matrix:
        job["strategy"] = {"matrix": {"include": [dict(job_copy.matrix)]}}
    jobs: Data = {}
    # A stub costs time, so there are none where nobody asks.
    if job_copy.needs and _NEEDS.search(json.dumps(job)):
        for name, needed in job_copy.needs.items():
            jobs[name] = _make_stub(needed)
        job["needs"] = list(job_copy.needs)
        # A stub may have failed, which was looked at before.
        job["if"] = "always()"
        job = _replace_cancelled(job, job_copy.needs)
    jobs[job_copy.job_id] = _replace_references(job, job_copy.literals)
    if job_copy.outputs_file is not None:
        jobs[OUTPUTS_JOB] = _make_outputs_job(job_copy.job_id, job_copy.outputs_file)
    return {**workflow, "jobs": jobs}


def _make_stub(needed: NeededJob) -> Data:
    command = "exit 1" if needed.result is Conclusion.FAILURE else "exit 0"
    stub: Data = {"runs-on": _RUNS_ON, "steps": [{"run": command, "shell": "sh"}]}
    if needed.result in {Conclusion.SKIPPED, Conclusion.CANCELLED}:
        stub["if"] = "false"
    if needed.outputs:
        outputs = {name: _quote(value) for name, value in needed.outputs.items()}
        stub["outputs"] = outputs
    return stub


def _quote(text: str) -> str:
    """Return a text in which act finds no expression to work out."""
    return text.replace("${{", "${{ '${{' }}")


def _make_outputs_job(job_id: str, file: Path) -> Data:
    outputs = f"${{{{ toJSON(needs.{job_id}.outputs) }}}}"
    return {
        "runs-on": _RUNS_ON,
        "needs": [job_id],
        "if": "always()",
        "steps": [
            {
                # In the script: outputs may be longer than a variable can be.
                "run": f"cat > {shlex.quote(str(file))} <<'{_END}'\n{outputs}\n{_END}\n",
                "shell": "sh",
            }
        ],
    }


def _replace_cancelled(job: Data, needs: Mapping[str, NeededJob]) -> Data:
    """Put in the one result that no stub can have."""
    results: dict[str, object] = {}
    for name, needed in needs.items():
        if needed.result is Conclusion.CANCELLED:
            results[f"needs.{name}.result"] = needed.result.value
    replaced: Data = _replace_references(job, results)
    return replaced


def _replace_references(
    value: Any,  # noqa: ANN401 - data of YAML
    literals: Mapping[str, object],
    key: str = "",
) -> Any:  # noqa: ANN401 - data of YAML
    """Return data in whose expressions references stand as literals."""
    if not literals:
        return value
    if isinstance(value, dict):
        return {
            name: _replace_references(item, literals, str(name))
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_replace_references(item, literals) for item in value]
    if not isinstance(value, str):
        return value
    if key == "if":  # holds an expression even without the braces
        return _replace_in(value, literals)
    return replace_expressions(value, lambda match: _replace_in(match[0], literals))


def _replace_in(expression: str, literals: Mapping[str, object]) -> str:
    """Replace references in an expression; texts within it stay."""
    names = "|".join(re.escape(name).replace(r"\.", r"\s*\.\s*") for name in literals)
    values = {name.lower(): value for name, value in literals.items()}

    def replace(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        name = re.sub(r"\s", "", match["name"]).lower()
        return format_literal(values[name])

    pattern = rf"(?<![\w.-])(?P<name>{names})(?![\w-])|{_TEXT}"
    return re.sub(pattern, replace, expression, flags=re.IGNORECASE)


def format_literal(value: object) -> str:
    """Return a value as expressions write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if value is None:
        return "null"
    text = str(value).replace("'", "''")
    return f"'{text}'"
