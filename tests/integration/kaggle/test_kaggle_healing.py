"""What goes wrong on the way down heals by itself; each row is trained on once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import (
    BadDownloadError,
    ForbiddenError,
    NotFoundError,
    UnavailableError,
)
from tests.integration.kaggle.training import API, STORAGE, read_state, train

if TYPE_CHECKING:
    from tests.integration.kaggle.conftest import Plan

DOWNLOAD = "/api/*/Download*"


@pytest.mark.parametrize("source", ["kaggle:somebody/rows", "kaggle:competitions/race"])
def test_a_byte_flipped_on_the_way_is_found_and_fetched_again(
    plan: Plan, tmp_path: Path, source: str
) -> None:
    plan.fail(STORAGE, {"corrupt": True})
    assert train(tmp_path / "r", source)["rows_total"] == 300
    assert plan.called_names.count("storage") == 2


def test_a_byte_flipped_on_the_disk_is_found_and_fetched_again(
    plan: Plan, tmp_path: Path
) -> None:
    train(tmp_path / "r", iterations=1)
    (archive,) = (tmp_path / "r/runtime/downloads").rglob("rows.zip")
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    plan.calls.clear()
    assert train(tmp_path / "r")["rows_total"] == 300
    assert plan.called_names == ["GetDataset", "DownloadDataset", "storage"]


def test_an_archive_that_its_owner_mends_meanwhile_is_fetched_twice(
    plan: Plan, tmp_path: Path
) -> None:
    good = plan.archive
    spoilt = bytearray(good)
    spoilt[60] ^= 1
    plan.archive = bytes(spoilt)

    def mend() -> None:
        if plan.called_names.count("storage") == 2:
            plan.archive = good

    plan.on_download(mend)
    assert train(tmp_path / "r")["rows_total"] == 300


def test_an_archive_that_stays_spoilt_is_fetched_twice_and_kept_by_no_run(
    plan: Plan, tmp_path: Path
) -> None:
    good = plan.archive
    spoilt = bytearray(plan.zipped({"rows.csv": plan.rows(300)}, zipfile.ZIP_STORED))
    spoilt[200] ^= 1
    plan.archive = bytes(spoilt)
    with pytest.raises(BadDownloadError, match="CRC"):
        train(tmp_path / "r")
    assert plan.called_names.count("storage") == 2
    assert not read_state(tmp_path / "r")
    plan.archive = good
    assert train(tmp_path / "r")["rows_total"] == 300


def test_what_is_not_read_may_be_spoilt(plan: Plan, tmp_path: Path) -> None:
    image = b"not a picture, but in need of some bytes" * 9
    members: dict[str, str | bytes] = {
        "rows.csv": plan.rows(300),
        "LICENSE.txt": b"\xff\xfe no UTF-8",
        "picture.png": image,
    }
    stored = plan.zipped(members, zipfile.ZIP_STORED)
    plan.archive = stored.replace(image, image[:-1] + b"!")
    assert train(tmp_path / "r")["rows_total"] == 300


def test_an_address_that_expired_at_resume_is_asked_for_anew(
    plan: Plan, tmp_path: Path
) -> None:
    plan.archive = plan.zipped({"rows.csv": plan.rows(400_000)}, zipfile.ZIP_STORED)
    plan.fail(STORAGE, {"cut": 2_500_000})
    plan.fail(STORAGE, {"status": 403})
    assert train(tmp_path / "r")["rows_total"] == 1000
    assert plan.called_names.count("DownloadDataset") == 3
    ranges = [call.headers.get("Range") for call in plan.calls]
    assert f"bytes={2 << 20}-" in ranges


def test_a_version_that_is_not_packed_yet_is_waited_for(
    plan: Plan, tmp_path: Path
) -> None:
    plan.fail(DOWNLOAD, {"status": 404}, 2)
    assert train(tmp_path / "r")["rows_total"] == 300


def test_a_version_that_stays_unpacked_is_not_ready_rather_than_absent(
    plan: Plan, tmp_path: Path
) -> None:
    plan.fail(DOWNLOAD, {"status": 404}, 9)
    with pytest.raises(UnavailableError, match=r"version 1 .* not ready"):
        train(tmp_path / "r")
    assert plan.called_names == ["GetDataset", *["DownloadDataset"] * 3]


def test_a_pinned_version_that_is_not_there_is_absent(
    plan: Plan, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no version 7"):
        train(tmp_path / "r", "kaggle:somebody/rows/versions/7")
    assert plan.called_names == ["DownloadDataset"]


def test_a_refused_dataset_is_private_or_misspelt_and_a_competition_has_rules(
    plan: Plan, tmp_path: Path
) -> None:
    with pytest.raises(ForbiddenError, match="private, or there is none"):
        train(tmp_path / "r", "kaggle:somebody/misspelt")
    plan.fail(API, {"status": 403})
    with pytest.raises(ForbiddenError) as caught:
        train(tmp_path / "r", "kaggle:competitions/race")
    assert "kaggle.com/competitions/race/rules" in caught.value.hint


def test_503_waits_as_long_as_the_server_says(plan: Plan, tmp_path: Path) -> None:
    plan.fail(API, {"status": 503, "retry_after": 1})
    begun = time.monotonic()
    assert train(tmp_path / "r")["rows_total"] == 300
    assert time.monotonic() - begun >= 1


def test_retries_are_told(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan.fail(STORAGE, {"status": 500})
    train(tmp_path / "r")
    shown = capsys.readouterr().out
    assert "Kaggle: fetching everything of somebody/rows" in shown
    assert "Kaggle: storage answers 500; try 2 of 3 in 0 s" in shown


COMMAND = [sys.executable, "-m", "wfgen_actions.pipeline", "update", "--target", "y"]
COMMAND += ["--batch-rows", "20000", "--models", "sgd", "--iterations", "9"]
COMMAND += ["--source", "kaggle:somebody/rows"]


def start(root: Path) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(COMMAND, cwd=root, stdout=quiet, stderr=quiet)


def kill_at_each_instant(plan: Plan, root: Path, instants: int) -> None:
    """Kill an update at so many instants of its download, one run after the other.

    An instant is a number of bytes that came down; the last run is left alone.
    """
    plan.archive = plan.zipped({"rows.csv": plan.rows(100_000)}, zipfile.ZIP_STORED)
    root.mkdir(exist_ok=True)
    size = len(plan.archive)
    for instant in range(instants):
        # From the first byte to the last, as the storage sends it.
        plan.fail(STORAGE, {"cut": size * instant // instants})
        plan.fail(STORAGE, {"hang": 5})
        before = plan.called_names.count("storage")
        process = start(root)
        while plan.called_names.count("storage") < before + 2:
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = start(root)
    assert process.wait() == 0


@pytest.mark.parametrize(
    "instants", [2, pytest.param(50, marks=pytest.mark.bench)], ids=str
)
def test_killed_downloads_end_in_each_row_trained_on_once(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instants: int
) -> None:
    monkeypatch.setenv("PIPELINE_KAGGLE_BACKOFF_SECONDS", "0")
    kill_at_each_instant(plan, tmp_path / "r", instants)
    document = (tmp_path / "r/runtime/data/data_state.json").read_text()
    assert '"rows": 100000' in document


def test_two_at_once_train_once(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    plan.fail(STORAGE, {"hang": 1})
    first = start(tmp_path / "r")
    while "storage" not in plan.called_names:
        time.sleep(0.01)
    assert start(tmp_path / "r").wait() == 15
    assert first.wait() == 0
    document = (tmp_path / "r/runtime/data/data_state.json").read_text()
    assert '"rows": 300' in document
