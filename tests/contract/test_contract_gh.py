"""gh, the command line client, unmodified, pointed here in the way it supports.

A proxy for `github.localhost`.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from generator.github.core.models import Step

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin
    from tests.contract.programs import Gh


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_runs(local_github: LocalGitHub, begin: Begin, gh: Gh) -> None:
    run = begin()
    local_github.record_job(
        run.run_id, "train", "success", [Step("Train", "success", 2.0)]
    )
    run.upload("model-state", zipped(model="weights"))
    local_github.finish_run(run.run_id, "success")
    begin(event="schedule", head_branch="dev")
    assert len(gh("run", "list").splitlines()) == 2
    assert str(run.run_id) in gh(
        "run", "list", "--workflow", "train.yml", "--branch", "main"
    )
    fields = json.loads(
        gh(
            "run",
            "view",
            str(run.run_id),
            "--json",
            "conclusion,event,jobs,workflowName",
        )
    )
    assert (fields["conclusion"], fields["event"], fields["jobs"][0]["name"]) == (
        "success",
        "push",
        "train",
    )
    shown = gh("run", "view", str(run.run_id))
    assert "model-state" in shown
    assert "train in 2s" in shown
    gh("run", "download", str(run.run_id), "--dir", "all")
    assert (gh.folder / "all" / "model-state" / "model").read_text() == "weights"
    gh("run", "download", str(run.run_id), "--name", "model-state", "--dir", "one")
    assert (gh.folder / "one" / "model").read_text() == "weights"
    assert "completed" in gh("run", "watch", str(run.run_id))
    assert "train.yml" in gh("workflow", "view", "train.yml")
    assert "Incremental training" in gh("workflow", "list")
    gh("workflow", "disable", "train.yml")
    assert "Incremental training" not in gh("workflow", "list")
    assert "disabled_manually" in gh("workflow", "list", "--all")
    gh("workflow", "enable", "Incremental training")
    assert "Incremental training" in gh("workflow", "list")


def test_issues(gh: Gh) -> None:
    gh(
        "label",
        "create",
        "training",
        "--color",
        "ff0000",
        "--description",
        "of the model",
    )
    assert "training" in gh("label", "list")
    assert (
        gh(
            "issue",
            "create",
            "--title",
            "Failed",
            "--body",
            "run 7",
            "--label",
            "training",
        )
        .strip()
        .endswith("/1")
    )
    gh("issue", "comment", "1", "--body", "and again")
    assert (
        json.loads(
            gh("issue", "list", "--label", "training", "--json", "number,title")
        )[0]["title"]
        == "Failed"
    )
    assert "and again" in gh("issue", "view", "1", "--comments")
    gh("issue", "edit", "1", "--title", "Still failing", "--remove-label", "training")
    gh("issue", "close", "1", "--comment", "works", "--reason", "completed")
    closed = json.loads(
        gh("issue", "list", "--state", "closed", "--json", "title,labels,comments")
    )[0]
    assert (closed["title"], closed["labels"], len(closed["comments"])) == (
        "Still failing",
        [],
        2,
    )
    gh("issue", "reopen", "1")
    assert "Still failing" in gh("issue", "list", "--search", "failing")
    assert "Still failing" in gh("search", "issues", "failing")


def test_releases(gh: Gh) -> None:
    (gh.folder / "model.pkl").write_bytes(b"\0weights")
    gh("release", "create", "state", "model.pkl", "--title", "State", "--notes", "kept")
    (gh.folder / "more.json").write_text("{}")
    gh("release", "upload", "state", "more.json")
    (gh.folder / "more.json").write_text("{1}")
    gh("release", "upload", "state", "more.json", "--clobber")
    gh("release", "download", "state", "--dir", "down")
    assert (gh.folder / "down" / "model.pkl").read_bytes() == b"\0weights"
    assert (gh.folder / "down" / "more.json").read_text() == "{1}"
    assert "Latest" in gh("release", "list")
    assert "model.pkl" in gh("release", "view", "state")
    gh("release", "delete", "state", "--yes")
    assert gh("release", "list") == ""


def test_api(begin: Begin, gh: Gh) -> None:
    run = begin()
    for number in range(5):
        run.upload(f"a{number}", b"x")
    names = gh(
        "api",
        "--paginate",
        "repos/{owner}/{repo}/actions/artifacts?per_page=2",
        "--jq",
        ".artifacts[].name",
    )
    assert sorted(names.split()) == ["a0", "a1", "a2", "a3", "a4"]
    missing = gh.run("api", "repos/local/repository/actions/runs/1")
    assert (missing.returncode, "HTTP 404" in missing.stderr) == (1, True)
    gh(
        "api",
        "repos/local/repository/contents/state.json",
        "-X",
        "PUT",
        "-f",
        "message=m",
        "-f",
        "content=e30=",
    )
    assert (
        gh(
            "api",
            "repos/local/repository/contents/state.json",
            "-H",
            "Accept: application/vnd.github.raw",
        )
        == "{}"
    )


def test_what_cannot_be_served_says_so(begin: Begin, gh: Gh) -> None:
    run = begin()
    for arguments in (
        ("run", "rerun", str(run.run_id)),
        ("workflow", "run", "train.yml"),
    ):
        refused = gh.run(*arguments)
        assert refused.returncode == 1
        assert "does not serve" in refused.stderr


def test_pull_requests(begin: Begin, gh: Gh) -> None:
    run = begin()
    file = {"message": "m", "content": "eAo="}
    sha = run.rest("PUT", "contents/a.txt", file).json["commit"]["sha"]
    ref = {"ref": "refs/heads/side", "sha": sha}
    assert run.rest("POST", "git/refs", ref).status == 201
    run.rest("PUT", "contents/b.txt", file | {"branch": "side"})
    pull = {"title": "Retrain", "head": "side", "base": "main", "body": "why"}
    assert run.rest("POST", "pulls", pull).status == 201
    assert "Retrain" in gh("pr", "list")
    assert "additions:\t1" in gh("pr", "view", "1")
    assert "+x" in gh("pr", "diff", "1")
    gh("pr", "comment", "1", "--body", "metrics")
    gh("pr", "review", "1", "--approve")
    gh("pr", "edit", "1", "--title", "Retrain it")
    gh("pr", "merge", "1", "--squash")
    assert "MERGED" in gh("pr", "list", "--state", "merged")
    assert gh.run("pr", "view", "7").returncode == 1


def test_secrets_are_set_and_listed_and_never_shown(gh: Gh) -> None:
    gh("secret", "set", "TOKEN", "--body", "hidden")
    assert gh("secret", "list").startswith("TOKEN")
    assert "hidden" not in gh("api", "repos/local/repository/actions/secrets/TOKEN")
    gh("secret", "delete", "TOKEN")
    assert gh("secret", "list") == ""
