"""The stand-in actions speak to the local GitHub as the official ones do."""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from generator.github.core.faults import Fault
from generator.github.core.models import NewRun, Run
from generator.github.local_github import LocalGitHub
from generator.runner.actions.registry import STAND_INS
from generator.runner.actions.stand_ins import (
    cache,
    checkout,
    download_artifact,
    setup_python,
    unpacking,
    upload_artifact,
    web,
)
from generator.runner.actions.stand_ins.search import find_files, matches_glob
from generator.runner.actions.stand_ins.toolkit import ActionError, Inputs
from generator.runner.actions.writer import StandInWriter


@dataclass
class Step:
    """A step of a run: where it works, and what it printed and set."""

    folder: Path
    local_github: LocalGitHub
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    run: Run | None = None
    token: str = ""

    def begin(self, **permissions: str) -> Run:
        new = NewRun(
            ".github/workflows/w.yml",
            "W",
            "push",
            "main",
            "a" * 40,
            permissions or {"actions": "read"},
        )
        ticket = self.local_github.begin_run(new)
        self.run, self.token = ticket.run, ticket.token
        values = {
            "ACTIONS_RUNTIME_TOKEN": ticket.runtime_token,
            "GITHUB_RUN_ID": str(ticket.run.id),
        }
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)
        return ticket.run

    def do(self, action: str, **inputs: object) -> tuple[int, str, dict[str, str]]:
        """Run an action; gives its exit code, its log and its outputs."""
        stand_in = STAND_INS[f"actions/{action}"]
        defaults = {
            "repository": "local/repository",
            "run-id": str(self.run.id if self.run else ""),
        }
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        values = {
            name: defaults.get(name, default)
            for name, default in stand_in.inputs.items()
        } | given
        self.monkeypatch.setenv("WFGEN_INPUTS", json.dumps(values))
        output = self.folder / "output"
        output.write_text("")
        main: Callable[[], int] = {
            "upload-artifact": upload_artifact.main,
            "download-artifact": download_artifact.main,
            "setup-python": setup_python.main,
            "checkout": checkout.main,
            "cache/restore": cache.restore_main,
            "cache/save": cache.save_main,
            "cache": cache.post_main,
        }[action]
        code = main()
        found = re.findall(
            r"(?m)^([^\n]+)<<(ghadelimiter_\S+)\n((?s:.)*?)\n\2$", output.read_text()
        )
        return (
            code,
            self.capsys.readouterr().out,
            {name: value for name, _, value in found},
        )

    def write(self, *names: str) -> None:
        for name in names:
            path = self.folder / "work" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"content of {name}")

    def stored(self) -> set[str]:
        assert self.run is not None
        with zipfile.ZipFile(
            self.local_github.get_artifact_path(
                self.local_github.list_artifacts(self.run.id)[-1].id
            )
        ) as archive:
            return set(archive.namelist())


@pytest.fixture
def step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Step]:
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.0)
    with LocalGitHub.open(tmp_path / "store") as local_github:
        values = {
            "GITHUB_API_URL": local_github.url,
            "ACTIONS_RESULTS_URL": f"{local_github.url}/",
            "GITHUB_REPOSITORY": "local/repository",
            "GITHUB_WORKSPACE": str(tmp_path / "work"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "RUNNER_TEMP": str(tmp_path),
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        step = Step(tmp_path, local_github, monkeypatch, capsys)
        step.begin()
        yield step


def test_upload_tells_what_it_stored(step: Step) -> None:
    step.write("out/a.txt", "out/sub/b.txt", "out/.hidden", "out/.git/config")
    code, log, outputs = step.do(
        "upload-artifact", name="things", path="out/", retention_days="7"
    )
    assert code == 0
    assert step.run is not None
    artifact = step.local_github.list_artifacts(step.run.id)[0]
    assert step.stored() == {"a.txt", "sub/b.txt"}
    assert outputs == {
        "artifact-id": str(artifact.id),
        "artifact-digest": artifact.digest.removeprefix("sha256:"),
        "artifact-url": f"https://github.com/local/repository/actions/runs/{step.run.id}/artifacts/{artifact.id}",
    }
    assert artifact.expires_at - artifact.created_at == pytest.approx(
        timedelta(days=7), abs=timedelta(seconds=5)
    )
    assert "With the provided path, there will be 2 files uploaded" in log
    assert (
        "Artifact things has been successfully uploaded! "
        f"Final size is {artifact.size_bytes} bytes." in log
    )


@pytest.mark.parametrize(
    ("path", "more", "stored"),
    [
        ("out", {"include_hidden_files": "true"}, {"a.txt", "sub/b.txt", ".hidden"}),
        ("out/a.txt", {}, {"a.txt"}),
        ("out/*.txt", {}, {"a.txt"}),
        ("out/**/*.txt", {}, {"a.txt", "sub/b.txt"}),
        ("out\n!out/sub", {}, {"a.txt"}),
        ("out/sub\nother", {}, {"out/sub/b.txt", "other/c.txt"}),
        ("out/a.txt\nother/c.txt", {}, {"out/a.txt", "other/c.txt"}),
        ("**/b.*", {}, {"out/sub/b.txt"}),
    ],
)
def test_what_a_path_means(
    step: Step, path: str, more: dict[str, str], stored: set[str]
) -> None:
    step.write("out/a.txt", "out/sub/b.txt", "out/.hidden", "other/c.txt")
    code, log, _ = step.do("upload-artifact", name="things", path=path, **more)
    assert code == 0, log
    assert step.stored() == stored


@pytest.mark.parametrize(
    ("choice", "code", "level"),
    [("warn", 0, "::warning::"), ("error", 1, "::error::"), ("ignore", 0, "")],
)
def test_nothing_to_upload(step: Step, choice: str, code: int, level: str) -> None:
    got, log, outputs = step.do(
        "upload-artifact", name="x", path="none/", if_no_files_found=choice
    )
    assert (got, outputs) == (code, {})
    assert (
        f"{level}No files were found with the provided path: none/. No artifacts will be uploaded."
        in log
    )


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"path": ""}, "Input required and not supplied: path"),
        (
            {"name": "a/b"},
            (
                "The artifact name is not valid: a/b. "
                "Contains the following character:  Forward slash /"
            ),
        ),
        ({"name": ""}, "Provided artifact name input during validation is empty"),
        ({"compression_level": "10"}, "Valid values are 0-9"),
        ({"overwrite": "yes"}, "Core Schema"),
        ({"path": "out/../out"}, "Relative pathing"),
        (
            {"archive": "false", "path": "out\nother"},
            "only a single file can be uploaded. Found 2 files",
        ),
    ],
)
def test_uploads_that_upstream_refuses(
    step: Step, inputs: dict[str, str], message: str
) -> None:
    step.write("out/a.txt", "other/c.txt")
    code, log, _ = step.do("upload-artifact", **{"name": "x", "path": "out", **inputs})
    assert code == 1
    assert message in log
    assert step.run is not None
    assert step.local_github.list_artifacts(step.run.id) == ()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"retention_days": "x"}, "Invalid retention-days"),
        ({"if_no_files_found": "maybe"}, "Unrecognized if-no-files-found input"),
    ],
)
def test_inputs_that_fail_the_step_after_the_upload(
    step: Step, inputs: dict[str, str], message: str
) -> None:
    step.write("a.txt")
    code, log, outputs = step.do(
        "upload-artifact", **{"name": "x", "path": "a.txt", **inputs}
    )
    assert code == 1
    assert message in log
    assert outputs["artifact-id"]


def test_a_name_is_taken_once_unless_overwritten(step: Step) -> None:
    step.write("a.txt")
    assert step.do("upload-artifact", name="x", path="a.txt")[0] == 0
    code, log, _ = step.do("upload-artifact", name="x", path="a.txt")
    assert code == 1
    assert (
        "Failed to CreateArtifact: Received non-retryable error: Failed request: (409)"
        in log
    )
    assert step.do("upload-artifact", name="x", path="a.txt", overwrite="true")[0] == 0
    assert step.run is not None
    assert len(step.local_github.list_artifacts(step.run.id)) == 1


def test_a_single_file_goes_as_it_is(step: Step) -> None:
    step.write("report.txt")
    _, _, outputs = step.do(
        "upload-artifact", name="ignored", path="report.txt", archive="false"
    )
    assert step.run is not None
    artifact = step.local_github.list_artifacts(step.run.id)[0]
    assert artifact.name == "report.txt"
    assert (
        step.local_github.get_artifact_path(int(outputs["artifact-id"])).read_text()
        == "content of report.txt"
    )
    code, log, _ = step.do("download-artifact", name="report.txt", path="back")
    assert code == 0, log
    assert (step.folder / "work/back/report.txt").read_text() == "content of report.txt"


def test_retention_beyond_the_repositorys_is_cut(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_RETENTION_DAYS", "90")
    step.write("a.txt")
    _, log, _ = step.do("upload-artifact", name="x", path="a.txt", retention_days="400")
    assert "::warning::Retention days cannot be greater" in log


def test_a_server_in_trouble_is_asked_again(step: Step) -> None:
    step.write("a.txt")
    step.local_github.faults.add(Fault("/twirp/*/CreateArtifact", status=503, times=2))
    code, log, _ = step.do("upload-artifact", name="x", path="a.txt")
    assert code == 0
    assert "Attempt 2 of 5 failed with error: Failed request: (503)" in log
    step.local_github.faults.add(Fault("/twirp/*/ListArtifacts", status=503))
    code, log, _ = step.do("download-artifact", name="x")
    assert code == 1
    assert (
        "Unable to download artifact(s): Failed to ListArtifacts: "
        "Failed to make request after 5 attempts" in log
    )


def upload_some(step: Step) -> Run:
    step.write("one/a.txt", "two/b.txt")
    for name in ("one", "two"):
        assert step.do("upload-artifact", name=f"art-{name}", path=name)[0] == 0
    assert step.run is not None
    step.local_github.finish_run(step.run.id, "success")
    return step.run


def files_below(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ({"name": "art-one"}, {"a.txt"}),
        ({}, {"art-one/a.txt", "art-two/b.txt"}),
        ({"pattern": "art-*", "merge_multiple": "true"}, {"a.txt", "b.txt"}),
        ({"pattern": "*-{two,three}"}, {"b.txt"}),
        ({"pattern": "none-*"}, set()),
    ],
)
def test_download_within_the_run_and_from_another(
    step: Step, inputs: dict[str, str], found: set[str]
) -> None:
    earlier = upload_some(step)
    step.begin(actions="read")
    code, log, outputs = step.do(
        "download-artifact",
        path="back",
        run_id=str(earlier.id),
        github_token=step.token,
        **inputs,
    )
    assert code == 0, log
    assert files_below(step.folder / "work/back") == found
    assert outputs["download-path"] == str(step.folder / "work/back")
    assert step.run is not None
    assert {
        artifact.run_id for artifact in step.local_github.list_downloads(step.run.id)
    } <= {earlier.id}


def test_download_by_ids(step: Step) -> None:
    earlier = upload_some(step)
    one, two = step.local_github.list_artifacts(earlier.id)
    step.begin(actions="read")
    more = {"run_id": str(earlier.id), "github_token": step.token}
    code, log, _ = step.do(
        "download-artifact", artifact_ids=f"{one.id}, {two.id + 5}", path="back", **more
    )
    assert code == 0
    assert f"::warning::Could not find the following artifact IDs: {two.id + 5}" in log
    assert files_below(step.folder / "work/back") == {"a.txt"}
    for ids, message in (
        ("x", "Invalid artifact ID: 'x'"),
        (" , ", "No valid artifact IDs"),
        ("1", "None of the provided"),
    ):
        code, log, _ = step.do("download-artifact", artifact_ids=ids, **more)
        assert code == 1
        assert message in log


def test_a_run_id_without_a_token_looks_in_the_own_run(step: Step) -> None:
    earlier = upload_some(step)
    step.begin(actions="read")
    code, log, _ = step.do("download-artifact", name="art-one", run_id=str(earlier.id))
    assert code == 1
    assert "Unable to download artifact(s): Artifact not found for name: art-one" in log


def test_a_token_without_the_right_is_refused(step: Step) -> None:
    earlier = upload_some(step)
    step.begin(contents="read")
    code, log, _ = step.do(
        "download-artifact",
        name="art-one",
        run_id=str(earlier.id),
        github_token=step.token,
    )
    assert code == 1
    assert "403" in log


def test_bytes_that_were_changed_on_the_way_are_not_trusted(step: Step) -> None:
    earlier = upload_some(step)
    step.begin(actions="read")
    more = {
        "name": "art-one",
        "run_id": str(earlier.id),
        "github_token": step.token,
        "skip_decompress": "true",
    }
    for behaviour, code, message in (
        ("error", 1, "Digest validation failed"),
        ("warn", 0, "::warning::"),
        ("ignore", 0, ""),
    ):
        step.local_github.faults.add(Fault("/_blobs/*", "GET", corrupt=True, times=1))
        got, log, _ = step.do("download-artifact", digest_mismatch=behaviour, **more)
        assert got == code, log
        assert message in log
    assert step.do("download-artifact", **{**more, "digest_mismatch": "never"})[0] == 1


def test_members_that_climb_out_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("../outside", "x")
    with pytest.raises(ActionError, match="unsafe path"):
        unpacking.unpack_artifact(tmp_path / "bad.zip", tmp_path / "in")
    assert not (tmp_path / "outside").exists()


def test_a_cache_is_kept_once_and_restored_by_key_or_prefix(step: Step) -> None:
    step.write("stuff/a.txt", "stuff/sub/b.txt", "stuff/no.log")
    paths = "stuff\n!stuff/*.log"
    assert (
        "Cache not found for input keys: k-1"
        in step.do("cache/restore", path=paths, key="k-1")[1]
    )
    code, log, _ = step.do("cache/save", path=paths, key="k-1")
    assert code == 0
    assert "Cache saved with key: k-1" in log
    _, log, _ = step.do("cache/save", path=paths, key="k-1")
    assert "another job may be creating this cache" in log
    assert "::warning::Cache save failed." in log
    (step.folder / "work/stuff/a.txt").unlink()
    code, log, outputs = step.do(
        "cache/restore", path=paths, key="k-2", restore_keys="k-\nother-"
    )
    assert outputs == {
        "cache-primary-key": "k-2",
        "cache-matched-key": "k-1",
        "cache-hit": "false",
    }
    assert (step.folder / "work/stuff/a.txt").read_text() == "content of stuff/a.txt"
    assert (
        step.do("cache/restore", path=paths, key="k-1", lookup_only="true")[2][
            "cache-hit"
        ]
        == "true"
    )
    assert "Cache not found" in step.do("cache/restore", path="other", key="k-1")[1]


def test_a_cache_that_must_be_there_and_is_not_fails(step: Step) -> None:
    code, log, _ = step.do(
        "cache/restore", path="x", key="k", fail_on_cache_miss="true"
    )
    assert code == 1
    assert "Exiting as fail-on-cache-miss is set. Input key: k" in log


def test_a_cache_service_in_trouble_stops_nobody(step: Step) -> None:
    step.write("stuff/a.txt")
    step.local_github.faults.add(Fault("/twirp/*CacheService/*", status=500))
    code, log, _ = step.do("cache/restore", path="stuff", key="k")
    assert code == 0
    assert "::warning::Failed to restore" in log
    assert step.do("cache/save", path="stuff", key="k")[0] == 0


def test_after_the_job_a_cache_is_kept_unless_it_was_the_very_one(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    step.write("stuff/a.txt")
    monkeypatch.setenv("STATE_key", "k")
    assert "Cache saved with key: k" in step.do("cache", path="stuff", key="ignored")[1]
    monkeypatch.setenv("STATE_matched", "K")
    assert (
        "Cache hit occurred on the primary key k, not saving cache."
        in step.do("cache", path="stuff", key="k")[1]
    )


@pytest.mark.parametrize(
    ("key", "message"),
    [("a,b", "cannot contain commas"), ("x" * 513, "cannot be larger than 512")],
)
def test_keys_that_upstream_refuses(step: Step, key: str, message: str) -> None:
    code, log, _ = step.do("cache/restore", path="stuff", key=key)
    assert code == 1
    assert message in log


def test_a_cache_that_climbs_out_is_refused(step: Step, tmp_path: Path) -> None:
    assert step.run is not None
    with tarfile.open(tmp_path / "cache.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../../../../../../etc/wfgen-climbed-out"))
    with pytest.raises(tarfile.TarError, match="lies outside"):
        cache._unpack(tmp_path / "cache.tgz")


@pytest.mark.parametrize("token", ["", "a.b.c", "x.e30.y", "nodots"])
def test_a_runtime_token_that_says_nothing_is_refused(token: str) -> None:
    with pytest.raises(ActionError, match="JWT"):
        web.parse_backend_ids(token)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*", "a", True), ("*", ".a", False), ("a?", "ab", True),
        ("[ab]x", "bx", True), ("[!ab]x", "bx", False),
        ("a{b,c}d", "acd", True), ("a.b", "axb", False), ("\\*", "*", True),
    ],
)  # fmt: skip
def test_globs(pattern: str, name: str, expected: bool) -> None:
    assert matches_glob(pattern, name) is expected


def test_links_are_followed_and_cycles_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").touch()
    (tmp_path / "a/loop").symlink_to(tmp_path / "a")
    (tmp_path / "a/broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert find_files(["link"], tmp_path, hidden=False).files == (
        str(tmp_path / "link/file"),
    )


def test_a_folder_named_like_a_pattern_is_no_pattern(tmp_path: Path) -> None:
    odd = tmp_path / "a[b]*c"
    odd.mkdir()
    (odd / "file").touch()
    assert find_files(["file"], odd, hidden=False).files == (str(odd / "file"),)


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("3.12.1", "3.12", True), ("3.12.1", "3.1", False),
        ("3.12", "3.12.7", True), ("3.12.1", "3.12.7", False),
        ("3.13.0", "3.x", True), ("3.13.0", "", True), ("3.11.7", ">=3.11 <3.14", True),
        ("3.14.0", ">=3.11 <3.14", False),
        ("3.11.7", ">= 3.12", False), ("3.13.0", "3.13-dev", True), ("3.12.1", "~3.12.0", True),
        ("3.13.0", "~3.12.0", False), ("3.13.0", "^3.12", True), ("3.12.1", "==3.12.1", True),
        ("3.12.1", "pypy3.10", False),
        ("3.12.1", "<=3.12", True), ("3.12.1", ">3.12", False), ("3.12.1", "x", True),
    ],
)  # fmt: skip
def test_python_versions(version: str, wanted: str, expected: bool) -> None:
    assert setup_python.matches_version(version, wanted) is expected


def test_the_newest_fitting_python_is_taken_or_the_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pythons = [("3.11.7", "/a"), ("3.9.1", "/b"), ("3.10.2", "/c")]
    assert setup_python.choose_python(pythons, "<3.11") == ("3.10.2", "/c")
    assert capsys.readouterr().out == ""
    assert setup_python.choose_python(pythons, "3.99") == ("3.11.7", "/a")
    assert (
        capsys.readouterr().out
        == "::warning::Python 3.99 is not on this machine: Python 3.11.7 takes its place.\n"
    )


def test_inputs_are_read_as_the_toolkit_reads_them() -> None:
    inputs = Inputs({"a": "  x ", "b": "yes", "c": None, "d": " one\n\n two\n"})
    assert (inputs.get_text("a"), inputs.get_text("c"), inputs.get_text("none")) == (
        "x",
        "",
        "",
    )
    assert inputs.get_lines("d") == ["one", "two"]
    with pytest.raises(ActionError):
        inputs.get_boolean("b")


def test_a_stand_in_is_an_action_file_whose_interpreter_may_lie_anywhere(
    tmp_path: Path,
) -> None:
    writer = StandInWriter(
        {"SOME": "thing"}, has_node=False, python="/with space/python"
    )
    folder = writer.write("actions/upload-artifact", tmp_path / "x")
    action = json.loads((folder / "action.yml").read_text())
    (only,) = action["runs"]["steps"]
    assert only["shell"] == "'/with space/python' -I -S {0}"
    assert only["env"]["SOME"] == "thing"
    assert set(action["outputs"]) == {"artifact-id", "artifact-url", "artifact-digest"}
