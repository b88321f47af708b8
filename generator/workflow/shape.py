"""Whether a file has the shape of a workflow, or of an action's metadata.

As far as running it relies on.
"""

from __future__ import annotations

from collections.abc import Iterator


def misshapen(document: object) -> Iterator[str]:
    """Where a workflow, or an action's metadata, is not of the shape that is relied on here.

    Not the whole schema: that is `wfgen check`'s, and a key GitHub got last week must
    not keep anybody from running.
    """
    if not isinstance(document, dict):
        yield "its top level is no mapping"
        return
    jobs, on = document.get("jobs"), document.get("on")
    if not isinstance(jobs, dict | None):
        yield "jobs is no mapping"
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        if not isinstance(job, dict):
            yield f"jobs.{name} is no mapping"
            continue
        if not isinstance(job.get("strategy"), dict | None):
            yield f"jobs.{name}.strategy is no mapping"
        yield from _misshapen_steps(job, f"jobs.{name}")
    yield from _misshapen_steps(document.get("runs"), "runs")
    dispatch = on.get("workflow_dispatch") if isinstance(on, dict) else None
    inputs = dispatch.get("inputs") if isinstance(dispatch, dict) else None
    if not isinstance(inputs, dict | None) or any(
        not isinstance(one, dict | None) for one in (inputs or {}).values()
    ):
        yield "on.workflow_dispatch.inputs is no mapping of mappings"
    schedule = on.get("schedule") if isinstance(on, dict) else None
    if isinstance(schedule, list) and any(
        not isinstance(entry, dict) for entry in schedule
    ):
        yield "on.schedule is no list of mappings"


def _misshapen_steps(holder: object, place: str) -> Iterator[str]:
    steps = holder.get("steps") if isinstance(holder, dict) else None
    if steps is not None and (
        not isinstance(steps, list) or any(not isinstance(step, dict) for step in steps)
    ):
        yield f"{place}.steps is no list of mappings"
