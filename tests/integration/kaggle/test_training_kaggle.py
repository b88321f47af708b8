"""The real Kaggle client against a server on loopback that misbehaves as Kaggle and networks do."""

from __future__ import annotations

import io
import json
import resource
import shutil
import stat
import time
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import (
    BadDownloadError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    PipelineError,
    RateLimitedError,
    SettingsError,
    SourceError,
    UnavailableError,
)
from pipeline.settings import load
from pipeline.sources.kaggle.verdicts import parse_retry_after
from pipeline.training.update import update
from tests.integration.kaggle.training import API, STORAGE, read_state, train

if TYPE_CHECKING:
    from tests.integration.kaggle.conftest import Plan


def test_a_dataset_is_downloaded_and_trained_on_and_the_next_run_only_asks_for_its_version(
    plan: Plan, tmp_path: Path
) -> None:
    assert train(tmp_path / "r")["rows_total"] == 300
    calls = len(plan.calls)
    assert train(tmp_path / "r")["status"] == "nothing-new"
    assert [path.rsplit("/", 1)[-1] for path, _, _ in plan.calls[calls:]] == [
        "GetDataset"
    ]


def test_a_new_version_goes_on_behind_the_rows_that_were_trained_on(
    plan: Plan, tmp_path: Path
) -> None:
    train(tmp_path / "r")
    plan.version = 2
    plan.give(450)
    summary = train(tmp_path / "r")
    assert (summary["rows_this_run"], summary["rows_total"]) == (150, 450)
    assert b'"datasetVersionNumber": 2' in next(
        body for path, _, body in reversed(plan.calls) if "Download" in path
    )


def test_a_competition_is_known_by_its_list_of_files(
    plan: Plan, tmp_path: Path
) -> None:
    assert train(tmp_path / "r", "kaggle:competitions/race")["rows_total"] == 300
    assert train(tmp_path / "r", "kaggle:competitions/race")["status"] == "nothing-new"
    assert plan.called("DownloadDataFiles") == 1


@pytest.mark.parametrize("source", ["kaggle:somebody/rows", "kaggle:competitions/race"])
def test_a_version_without_new_rows_is_downloaded_once(
    plan: Plan, tmp_path: Path, source: str
) -> None:
    trained = train(tmp_path / "r", source)
    before = read_state(tmp_path / "r")
    # Another archive of the same rows: another version, another size.
    plan.version, plan.archive = (
        2,
        plan.zipped({"rows.csv": plan.rows(300), "about.md": "rows"}),
    )
    checked = train(tmp_path / "r", source)
    assert (checked["status"], checked["rows_total"]) == ("nothing-new", 300)
    assert checked["parent_state_id"] == trained["state_id"] != checked["state_id"]
    after = read_state(tmp_path / "r")
    assert [name for name, content in after.items() if content != before[name]] == [
        str(tmp_path / "r/runtime/data/data_state.json")
    ]
    # The next runner has the state and nothing else.
    shutil.rmtree(tmp_path / "r/runtime/downloads")
    plan.calls.clear()
    assert train(tmp_path / "r", source)["state_id"] == checked["state_id"]
    assert len(plan.calls) == 1
    plan.version = 3
    plan.give(350)
    assert train(tmp_path / "r", source)["rows_this_run"] == 50


def test_a_cut_download_goes_on_where_it_stopped(plan: Plan, tmp_path: Path) -> None:
    # The client writes in pieces of 1 MiB and keeps whole ones.
    plan.archive = plan.zipped({"rows.csv": plan.rows(400_000)}, zipfile.ZIP_STORED)
    plan.fail(STORAGE, {"cut": 2_500_000})
    assert train(tmp_path / "r")["rows_total"] == 1000
    ranges = [
        headers.get("Range")
        for path, headers, _ in plan.calls
        if path.startswith("/storage")
    ]
    assert f"bytes={2 << 20}-" in ranges


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, CredentialsError), (403, ForbiddenError), (404, NotFoundError)],
)
def test_what_will_not_change_is_not_tried_again(
    plan: Plan, tmp_path: Path, status: int, expected: type[PipelineError]
) -> None:
    train(tmp_path / "r")
    before, calls = read_state(tmp_path / "r"), len(plan.calls)
    plan.fail(API, {"status": status})
    with pytest.raises(expected) as caught:
        train(tmp_path / "r")
    assert len(plan.calls) == calls + 1
    assert caught.value.hint
    assert read_state(tmp_path / "r") == before


def test_429_waits_as_long_as_the_server_says(plan: Plan, tmp_path: Path) -> None:
    plan.fail(API, {"status": 429, "retry_after": 1})
    begun = time.monotonic()
    assert train(tmp_path / "r")["rows_total"] == 300
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("ahead", [40, -60])
def test_429_may_name_a_date(ahead: int) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    wait = parse_retry_after(date)
    assert wait is not None
    assert max(0, ahead - 39) <= wait <= max(0, ahead)


def test_a_full_disk_is_named_and_not_taken_for_the_network(
    plan: Plan, tmp_path: Path
) -> None:
    plan.archive = plan.zipped({"rows.csv": plan.rows(400_000)}, zipfile.ZIP_STORED)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, before[1]))
    try:
        with pytest.raises(SourceError, match="cannot be stored: File too large"):
            train(tmp_path / "r")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert plan.called("Download") == 1
    assert train(tmp_path / "r")["rows_total"] == 1000


def test_429_that_asks_for_an_hour_gives_up_at_once_and_says_so(
    plan: Plan, tmp_path: Path
) -> None:
    plan.fail(API, {"status": 429, "retry_after": 3600})
    with pytest.raises(RateLimitedError) as caught:
        train(tmp_path / "r")
    assert "3600" in caught.value.hint


def test_500_twice_and_then_good_is_good(plan: Plan, tmp_path: Path) -> None:
    plan.fail(API, {"status": 500})
    plan.fail(API, {"status": 503})
    assert train(tmp_path / "r")["rows_total"] == 300


def test_500_without_end_fails_and_leaves_the_state(plan: Plan, tmp_path: Path) -> None:
    train(tmp_path / "r")
    before = read_state(tmp_path / "r")
    plan.fail(API, {"status": 500}, 9)
    with pytest.raises(UnavailableError, match="500"):
        train(tmp_path / "r")
    assert read_state(tmp_path / "r") == before
    assert (
        json.loads((tmp_path / "r/runtime/logs/summary.json").read_text())["status"]
        == "failed"
    )


def test_a_server_that_hangs_is_given_up(plan: Plan, tmp_path: Path) -> None:
    plan.fail(API, {"hang": 0.6}, 2)
    with pytest.raises(UnavailableError, match="in time"):
        train(tmp_path / "r", kaggle_retries=1, kaggle_timeout_seconds=0.2)


def test_a_server_that_is_not_there(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan.version
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        train(tmp_path / "r")


def test_a_truncated_archive_is_refused_and_fetched_anew_by_the_next_run(
    plan: Plan, tmp_path: Path
) -> None:
    good = plan.archive
    plan.archive = good[:-40]
    with pytest.raises(BadDownloadError, match="not a whole zip"):
        train(tmp_path / "r")
    plan.archive = good
    assert train(tmp_path / "r")["rows_total"] == 300


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("../../evil.csv", "outside"),
        ("/etc/evil.csv", "outside"),
        ("..\\evil.csv", "outside"),
        ("C:evil.csv", "outside"),
        ("x\n::error::evil.csv", "no name"),
    ],
)
def test_a_hostile_archive_is_refused(
    plan: Plan, tmp_path: Path, name: str, match: str
) -> None:
    plan.archive = plan.zipped({"rows.csv": plan.rows(10), name: plan.rows(10)})
    with pytest.raises(BadDownloadError, match=match) as caught:
        train(tmp_path / "r")
    assert "\n" not in caught.value.message
    assert not list(tmp_path.rglob("evil.csv"))


def test_a_link_in_an_archive_is_refused(plan: Plan, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("rows.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    plan.archive = sink.getvalue()
    with pytest.raises(BadDownloadError, match="is a link"):
        train(tmp_path / "r")


def test_an_archive_that_expands_absurdly_is_refused(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.containers.zips.LEAST_BOMB_BYTES", 1 << 20)
    plan.archive = plan.zipped({"rows.csv": "x,y\n" + "0,0\n" * 1_000_000})
    with pytest.raises(BadDownloadError, match="unpacks"):
        train(tmp_path / "r")


@pytest.mark.parametrize(
    "environment",
    [{}, {"KAGGLE_USERNAME": "", "KAGGLE_KEY": ""}, {"KAGGLE_USERNAME": "me"}],
)
def test_without_credentials_nothing_is_asked(
    plan: Plan, tmp_path: Path, environment: dict[str, str]
) -> None:
    settings = load(tmp_path, {}, {"source": "kaggle:a/b", "target": "y"})
    with pytest.raises(CredentialsError) as caught:
        update(tmp_path, settings, environment)
    assert "KAGGLE" in caught.value.hint
    assert not plan.calls


def test_one_table_of_several_is_chosen_by_name(plan: Plan, tmp_path: Path) -> None:
    plan.archive = plan.zipped({"rows.csv": plan.rows(120), "other.csv": "a,b\n1,2\n"})
    assert train(tmp_path / "r", "kaggle:somebody/rows/rows.csv")["rows_total"] == 120
    with pytest.raises(SourceError, match=r"rows\.csv"):
        train(tmp_path / "s", "kaggle:somebody/rows/absent.csv")


@pytest.mark.parametrize(
    "source",
    ["kaggle:", "kaggle:alone", "kaggle:a/../b", "kaggle:a b/c", "kaggle:-x/y"],
)
def test_a_name_that_cannot_be_is_refused_at_once(
    plan: Plan, tmp_path: Path, source: str
) -> None:
    with pytest.raises(SettingsError):
        train(tmp_path / "r", source)
    assert not plan.calls
