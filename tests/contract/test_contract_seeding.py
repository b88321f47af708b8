"""A local GitHub is filled from one file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generator.errors import SettingsError
from generator.github.seeding.document import read_seed
from generator.github.seeding.loading import Seeder
from tests.contract.programs import Serving

if TYPE_CHECKING:
    from generator.github.local_github import LocalGitHub
    from tests.contract.clients import Begin

SEED = """
repository: {description: models, private: false}
files: {README.md: hello, data/a.csv: "x,y"}
branches:
  side: {files: {new.txt: text}}
labels: [{name: training, color: ff0000}]
milestones: [{title: v1}]
issues:
  - {title: Training failed, labels: [training], milestone: 1, comments: [again, "and again"]}
pulls: [{title: Retrain, head: side, base: main, comments: [metrics]}]
releases: [{tag_name: v1, body: notes}]
variables: {ROUNDS: 3}
environments: {production: {wait_timer: 5}, staging: }
deployments: [{ref: main, environment: staging}]
runs:
  - workflow: .github/workflows/train.yml
    event: schedule
    artifacts: {state: {state.json: "{}"}}
  - {conclusion: failure}
"""


def test_everything_that_it_names_is_there(
    local_github: LocalGitHub, begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "seed.yml").write_text(SEED)
    Seeder(local_github).fill(read_seed(tmp_path / "seed.yml"))
    client = begin()
    owner = {"Authorization": f"token {local_github.create_owner_token()}"}

    def get(path: str) -> Any:  # noqa: ANN401 - any JSON
        answer = client.rest("GET", path, **owner)
        assert answer.status == 200, path
        return answer.json

    assert get("/repos/local/repository")["description"] == "models"
    assert get("contents/data/a.csv")["size"] == 3
    assert get("contents/new.txt?ref=side")["name"] == "new.txt"
    assert get("issues/1")["milestone"]["title"] == "v1"
    assert [one["body"] for one in get("issues/1/comments")] == ["again", "and again"]
    assert (get("pulls/2")["head"]["ref"], get("pulls/2")["comments"]) == ("side", 1)
    assert get("releases/latest")["tag_name"] == "v1"
    assert get("actions/variables/ROUNDS")["value"] == "3"
    assert get("environments")["total_count"] == 2
    assert get("deployments")[0]["environment"] == "staging"
    runs = get("actions/runs?status=completed")["workflow_runs"]
    assert [run["conclusion"] for run in runs] == ["failure", "success"]
    artifact = get("actions/artifacts")["artifacts"][0]
    packed = client.download(artifact["id"]).body
    assert zipfile.ZipFile(io.BytesIO(packed)).read("state.json") == b"{}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("isues: []", "has a section isues"),
        ("issues: {a: b}", "issues is no list"),
        ("issues: [a]", r"issues\[0\] is no mapping"),
        ("files: [a]", "files is no mapping"),
        ("- a", "holds no sections"),
        ("a: [", "is no YAML"),
    ],
)
def test_what_is_no_seed_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "seed.yml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_seed(tmp_path / "seed.yml")


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"issues": [{"body": "no title"}]}, r"issues\[0\] is refused"),
        ({"pulls": [{"title": "t", "head": "a", "base": "b"}]}, r"pulls\[0\]"),
        ({"runs": [{"event": "push", "state": "x"}]}, r"runs\[0\] has state"),
    ],
)
def test_what_github_refuses_is_told_by_its_place(
    local_github: LocalGitHub, seed: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        Seeder(local_github).fill(seed)


def test_serve_fills_it_before_anybody_is_told(
    tmp_path: Path, serving: Serving
) -> None:
    (tmp_path / "seed.json").write_text('{"issues": [{"title": "Training failed"}]}')
    with serving(tmp_path, "--seed", "seed.json") as served:
        issues = served.ask("GET", "/repos/local/repository/issues").json
        assert [issue["title"] for issue in issues] == ["Training failed"]
