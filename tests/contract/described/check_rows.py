"""Calls about statuses, checks, deployments, environments, secrets, variables and Pages."""

from __future__ import annotations

import base64

from tests.contract.described.rows import Row

FILE = {"message": "m", "content": "eAo="}
NOTE = {
    "path": "a.txt",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "warning",
    "message": "odd",
}
OUTPUT = {"title": "Training", "summary": "worse", "annotations": [NOTE]}
CHECK = {"name": "gate", "head_sha": "{head}"}
SEALED = base64.b64encode(b"x" * 60).decode()
SECRET = {"encrypted_value": SEALED, "key_id": "{key}"}
STATUSES = [
    Row("PUT", "contents/a.txt", 201, FILE, {"head": "commit/sha"}),
    Row("GET", "commits/main/status", 200),
    Row("POST", "statuses/{head}", 201, {"state": "success", "context": "gate"}),
    Row("POST", "statuses/{head}", 422, {"state": "odd"}),
    Row("POST", "statuses/{head}", 422, {"state": "error", "description": "x" * 141}),
    Row("POST", "statuses/" + "0" * 40, 422, {"state": "success"}),
    Row("POST", "statuses/{head}", 403, {"state": "success"}, by="reader"),
    Row("GET", "commits/main/statuses", 200),
    Row("GET", "commits/main/status", 200),
    Row("POST", "check-runs", 201, CHECK | {"status": "in_progress"}, {"check": "id"}),
    Row("POST", "check-runs", 422, CHECK | {"conclusion": "odd"}),
    Row("POST", "check-runs", 422, {"name": "gate"}),
    Row(
        "PATCH",
        "check-runs/{check}",
        200,
        {"conclusion": "failure", "output": OUTPUT},
        {"suite": "check_suite/id"},
    ),
    Row("GET", "check-runs/{check}", 200),
    Row("GET", "check-runs/{job}", 200),
    Row("GET", "check-runs/999", 404),
    Row("GET", "check-runs/{check}/annotations", 200),
    Row("GET", "check-runs/{job}/annotations", 200),
    Row("GET", "commits/main/check-runs", 200),
    Row("GET", "commits/{head}/check-suites", 200),
    Row("POST", "check-suites", 201, {"head_sha": "{head}"}),
    Row("GET", "check-suites/{suite}", 200),
    Row("GET", "check-suites/{run}", 200),
    Row("GET", "check-suites/999", 404),
    Row("GET", "check-suites/{suite}/check-runs", 200),
    Row("GET", "check-suites/{run}/check-runs", 200),
    Row("POST", "check-suites/{suite}/rerequest", 201),
    Row("POST", "check-runs/{check}/rerequest", 201),
    # Deployments and Pages.
    Row("POST", "deployments", 201, {"ref": "main"}, {"deployment": "id"}),
    Row("POST", "deployments", 422, {"ref": "none"}),
    Row("GET", "deployments?environment=production", 200),
    Row("GET", "deployments/{deployment}", 200),
    Row("GET", "deployments/999", 404),
    Row(
        "POST",
        "deployments/{deployment}/statuses",
        201,
        {"state": "failure", "log_url": "http://localhost/log"},
        {"status": "id"},
    ),
    Row("POST", "deployments/{deployment}/statuses", 422, {"state": "odd"}),
    Row("GET", "deployments/{deployment}/statuses", 200),
    Row("GET", "deployments/{deployment}/statuses/{status}", 200),
    Row("DELETE", "deployments/{deployment}", 204),
    Row("GET", "pages", 404),
    Row("POST", "pages", 201, {"build_type": "workflow"}),
    Row("POST", "pages", 409, {"build_type": "workflow"}),
    Row("GET", "pages", 200),
    Row("PUT", "pages", 204, {"cname": "models.example.org"}),
    Row(
        "POST",
        "pages/deployments",
        200,
        {"artifact_id": "{artifact}", "oidc_token": "t", "pages_build_version": "v7"},
    ),
    Row("GET", "pages/deployments/v7", 200),
    Row("POST", "pages/deployments/v7/cancel", 204),
    Row("DELETE", "pages", 204),
]
ENVIRONMENTS = [
    Row("GET", "environments", 200),
    Row(
        "PUT",
        "environments/production",
        200,
        {
            "wait_timer": 30,
            "deployment_branch_policy": {
                "protected_branches": False,
                "custom_branch_policies": True,
            },
        },
    ),
    Row("PUT", "environments/production", 422, {"wait_timer": 50_000}),
    Row("GET", "environments/production", 200),
    Row("GET", "environments/none", 404),
    Row("GET", "environments", 200),
    Row(
        "POST",
        "environments/production/deployment-branch-policies",
        200,
        {"name": "release/*"},
        {"policy": "id"},
    ),
    Row("GET", "environments/production/deployment-branch-policies", 200),
    Row(
        "DELETE",
        "environments/production/deployment-branch-policies/{policy}",
        204,
    ),
    Row("GET", "actions/organization-secrets", 200),
    Row("GET", "actions/organization-variables", 200),
]
for base in ("actions", "environments/production"):
    secrets, variables = f"{base}/secrets", f"{base}/variables"
    ENVIRONMENTS += [
        Row("GET", f"{secrets}/public-key", 200, None, {"key": "key_id"}),
        Row("PUT", f"{secrets}/TOKEN", 201, SECRET),
        Row("PUT", f"{secrets}/TOKEN", 204, SECRET),
        Row("PUT", f"{secrets}/GITHUB_X", 422, SECRET),
        Row("PUT", f"{secrets}/TOKEN", 422, SECRET | {"key_id": "other"}),
        Row("GET", secrets, 200),
        Row("GET", f"{secrets}/TOKEN", 200),
        Row("GET", f"{secrets}/NONE", 404),
        Row("GET", secrets, 403, by="run"),
        Row("DELETE", f"{secrets}/TOKEN", 204),
        Row("POST", variables, 201, {"name": "ROUNDS", "value": "3"}),
        Row("POST", variables, 409, {"name": "rounds", "value": "3"}),
        Row("GET", variables, 200),
        Row("GET", f"{variables}/ROUNDS", 200),
        Row("GET", f"{variables}/NONE", 404),
        Row("PATCH", f"{variables}/ROUNDS", 204, {"name": "TURNS"}),
        Row("GET", f"{variables}/TURNS", 200),
        Row("DELETE", f"{variables}/TURNS", 204),
    ]
ENVIRONMENTS += [Row("DELETE", "environments/production", 204)]
