"""Calls about workflows, runs, jobs, artifacts and caches."""

from __future__ import annotations

from tests.contract.described.rows import Row

ROWS = [
    Row("GET", "actions/workflows", 200),
    Row("GET", "actions/workflows/train.yml", 200),
    Row("GET", "actions/workflows/none.yml", 404),
    Row("PUT", "actions/workflows/train.yml/disable", 204),
    Row("POST", "actions/workflows/train.yml/dispatches", 422, {"ref": "main"}),
    Row("PUT", "actions/workflows/train.yml/enable", 204),
    Row("POST", "actions/workflows/train.yml/dispatches", 204, {"ref": "main"}),
    Row("GET", "actions/workflows/train.yml/runs", 200),
    Row("GET", "actions/runs", 200),
    Row("GET", "actions/runs/{run}", 200),
    Row("GET", "actions/runs/1", 404),
    Row("GET", "actions/runs/{run}/attempts/1", 200),
    Row("GET", "actions/runs/{run}/jobs", 200),
    Row("GET", "actions/runs/{run}/attempts/1/jobs", 200),
    Row("GET", "actions/runs/{run}/logs", 410),
    Row("GET", "actions/jobs/{job}", 200),
    Row("GET", "actions/jobs/1", 404),
    Row("POST", "actions/runs/{ended}/rerun", 201),
    Row("POST", "actions/runs/{run}/rerun", 403),
    Row("POST", "actions/runs/{run}/cancel", 202),
    Row("POST", "actions/runs/{ended}/cancel", 409),
    Row("GET", "actions/runs/{run}/artifacts", 200),
    Row("GET", "actions/artifacts", 200),
    Row("GET", "actions/artifacts/{artifact}", 200),
    Row("GET", "actions/artifacts/{artifact}/zip", 302),
    Row("GET", "actions/artifacts/{expired}/zip", 410),
    Row("DELETE", "actions/artifacts/{artifact}", 204),
    Row("DELETE", "actions/artifacts/{artifact}", 404),
    Row("GET", "actions/caches", 200, None, {"cache": "actions_caches/0/id"}),
    Row("GET", "actions/cache/usage", 200),
    Row("DELETE", "actions/caches?key=deps", 200),
    Row("DELETE", "actions/caches?key=deps", 404),
    Row("DELETE", "actions/caches/999", 404),
    Row("DELETE", "actions/caches/{other_cache}", 204),
    Row("GET", "actions/runs", 401, by="nobody"),
    Row("PUT", "actions/workflows/train.yml/enable", 403, by="reader"),
]
