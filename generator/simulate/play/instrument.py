"""Writes a workflow with probes before its sites, and without what a model leaves out."""

from __future__ import annotations

import copy
import json
import re
import shlex
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...errors import WfgenError
from ...runner.act.yaml_text import dump_yaml
from ...runner.actions.registry import STAND_INS
from ...runner.actions.resolver import parse_reference
from ...workflow.source import YamlDocument
from .sites import Site, SiteRole

_ASSIGNMENTS = re.compile(rb"""(?:\w+=(?:'[^']*'|"[^"]*"|[^\s'"])*\s+)+""")
_LEFT_OUT = b"echo left out: "
_NOTHING = "exit 0"


class NotPlayableError(WfgenError):
    """A step that matters for the state cannot be played: no verdict is possible."""


def add_probes(
    document: YamlDocument, sites: Mapping[str, Site], probe: Path
) -> dict[str, Any]:
    """Return the data of a workflow whose sites, by their ids, go through the probe."""
    data: dict[str, Any] = copy.deepcopy(document.mapping)
    # Neither the job's environment nor a package changes what the probe does.
    call = shlex.join([sys.executable, "-I", "-S", str(probe)])
    # From behind, so that the places of the others stay.
    ordered = sorted(sites.items(), key=_get_start, reverse=True)
    for site_id, site in ordered:
        step = data["jobs"][site.job_id]["steps"][site.step_index]
        script = str(step["run"]).encode()
        place = _find_name(script, site.start)
        prefix = f"{call} {site_id} ".encode()
        if site.role is SiteRole.STUB:
            # Of the shell itself: a Python for each would take longer than the rest.
            prefix = _LEFT_OUT
        step["run"] = (script[:place] + prefix + script[place:]).decode()
    return data


def _get_start(item: tuple[str, Site]) -> int:
    return item[1].start


def _find_name(script: bytes, start: int) -> int:
    """Return where the name of a command begins, behind what is set for it."""
    match = _ASSIGNMENTS.match(script, start)
    if match is None:
        return start
    return match.end()


def leave_out_setup(
    data: dict[str, Any], needed: Container[tuple[str, int]] = ()
) -> tuple[str, ...]:
    """Replace actions that only prepare, or that nobody here can play.

    Returns those that could not be played. `needed` are steps that fetch or store
    state, by their jobs and places: NotPlayableError where one of them is left out.
    """
    missing: dict[str, None] = {}
    for job_id, job in data["jobs"].items():
        for index, step in enumerate(job.get("steps") or ()):
            reference = parse_reference(str(step.get("uses", "")))
            if reference is None:
                continue
            is_setup = reference.repository.rpartition("/")[2].startswith("setup-")
            if is_setup or reference.action not in STAND_INS:
                if (job_id, index) in needed:
                    raise NotPlayableError(
                        f"could not tell: {reference.action} fetches or stores the "
                        "state, and wfgen has no stand-in for it",
                        hint="in a test of pytest, a stub can take its place",
                    )
                if not is_setup:
                    missing[reference.action] = None
                for key in ("uses", "with"):
                    step.pop(key, None)
                step |= {"run": _NOTHING, "shell": "sh"}
    return tuple(missing)


def write_workflow(path: Path, data: Mapping[str, Any]) -> None:
    """Write a workflow as YAML of one line a key: what reads only its name finds that."""
    lines = []
    for key, value in data.items():
        lines.append(f"{json.dumps(str(key))}: {dump_yaml(value)}\n")
    path.write_text("".join(lines), encoding="utf-8")


def describe_sites(sites: Mapping[str, Site]) -> dict[str, Any]:
    """Return what the probe is told of each site."""
    document = {}
    for site_id, site in sites.items():
        document[site_id] = {
            "role": site.role.value,
            "text": site.text,
            "state": list(site.state),
            "reports": list(site.reports),
        }
    return document


def number_sites(workflow: str, sites: Iterable[Site]) -> dict[str, Site]:
    """Return sites by ids that are plain words."""
    numbered = {}
    stem = re.sub(r"\W", "-", workflow, flags=re.ASCII)
    for number, site in enumerate(sites):
        numbered[f"{stem}.{number}"] = site
    return numbered
