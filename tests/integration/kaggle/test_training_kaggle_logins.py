"""Each way to log in, and each way it ends badly, as a command.

What is sent, what is shown, what is left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.integration.kaggle.training import API, STORAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.kaggle.conftest import Plan

ROOT = Path(__file__).parents[3]
USER, KEY, TOKEN = (
    "somebody",
    "0123456789abcdef-the-key",
    "KGAT_fedcba9876543210-the-token",
)
BASIC = "Basic c29tZWJvZHk6MDEyMzQ1Njc4OWFiY2RlZi10aGUta2V5"
BEARER = f"Bearer {TOKEN}"
EMPTY = {"KAGGLE_API_TOKEN": "", "KAGGLE_USERNAME": "", "KAGGLE_KEY": ""}
JSON = f'{{"username": "{USER}", "key": "{KEY}"}}'

Run = subprocess.CompletedProcess[str]


@pytest.fixture
def pipeline(plan: Plan, tmp_path: Path) -> Callable[..., Run]:
    """`python -m pipeline update`.

    With this server as the proxy to where the client believes Kaggle to be.
    """
    plan.set_tokens({TOKEN: USER})
    (tmp_path / "r").mkdir()
    clean = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)),
        "HOME": str(tmp_path / "home"),
    }
    clean |= plan.kaggle.make_environment({}) | {"GITHUB_ACTIONS": "true"}
    clean |= {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "r/page.md"),
        "PIPELINE_KAGGLE_BACKOFF_SECONDS": "0.01",
    }
    clean |= {"PIPELINE_KAGGLE_RETRIES": "2", "PIPELINE_KAGGLE_TIMEOUT_SECONDS": "1"}
    words = [
        "update",
        "--target",
        "y",
        "--batch-rows",
        "100",
        "--models",
        "sgd",
        "--source",
    ]

    def run(source: str = "kaggle:somebody/rows", **environment: str) -> Run:
        argv = [
            sys.executable,
            "-W",
            "error",
            "-m",
            "wfgen_actions.pipeline",
            *words,
            source,
        ]
        return subprocess.run(
            argv,
            cwd=tmp_path / "r",
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def command_lines() -> str:
    """What `ps` shows of every process."""
    shown = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            shown.append(
                path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            continue
    return "\n".join(shown)


class Login(NamedTuple):
    """Variables and files of a login, and the header that is to be sent."""

    name: str
    environment: dict[str, str]
    files: dict[str, str]
    header: str


LOGINS = [
    Login("token", EMPTY | {"KAGGLE_API_TOKEN": TOKEN}, {}, BEARER),
    Login(
        "token, as a file",
        EMPTY | {"KAGGLE_API_TOKEN": "{home}/token"},
        {"token": TOKEN},
        BEARER,
    ),
    Login(
        "token before key",
        {"KAGGLE_API_TOKEN": TOKEN, "KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY},
        {},
        BEARER,
    ),
    Login(
        "name and key", EMPTY | {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}, {}, BASIC
    ),
    Login("kaggle.json", EMPTY, {".kaggle/kaggle.json": JSON}, BASIC),
    Login("kaggle.json of XDG", EMPTY, {".config/kaggle/kaggle.json": JSON}, BASIC),
    Login(
        "kaggle.json elsewhere",
        EMPTY | {"KAGGLE_CONFIG_DIR": "{home}/own"},
        {"own/kaggle.json": JSON},
        BASIC,
    ),
    Login(
        "token in kaggle.json",
        EMPTY,
        {".kaggle/kaggle.json": JSON.replace(KEY, TOKEN)},
        BEARER,
    ),
    Login("token as a key", EMPTY | {"KAGGLE_KEY": f" {TOKEN}\n"}, {}, BEARER),
    Login("pasted kaggle.json", EMPTY | {"KAGGLE_KEY": JSON}, {}, BASIC),
    Login("access_token", EMPTY, {".kaggle/access_token": TOKEN + "\n"}, BEARER),
    Login("access_token.txt", {}, {".kaggle/access_token.txt": TOKEN}, BEARER),
]


@pytest.mark.parametrize("login", LOGINS, ids=[login.name for login in LOGINS])
def test_each_login_is_sent_and_shown_nowhere(
    plan: Plan, pipeline: Callable[..., Run], tmp_path: Path, login: Login
) -> None:
    home = tmp_path / "home"
    for name, content in login.files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content)
        (home / name).chmod(0o600)
    given = {
        name: value.replace("{home}", str(home))
        for name, value in login.environment.items()
    }
    seen: list[str] = []
    plan.on_download(lambda: seen.append(command_lines()))
    # VERBOSE makes the client print every request with its headers.
    done = pipeline(VERBOSE="true", **given)
    assert done.returncode == 0, done.stderr
    assert "300 in all" in done.stdout
    asked = [
        headers["Authorization"]
        for path, headers, _ in plan.calls
        if path.endswith(("GetDataset", "Dataset"))
    ]
    assert asked
    assert set(asked) == {login.header}
    assert "-m wfgen_actions.pipeline update" in seen[0]
    left = b"".join(
        path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()
    )
    for secret in (KEY, TOKEN, login.header.split()[1]):
        assert secret not in done.stdout + done.stderr + seen[0]
        assert secret.encode() not in left


def test_a_token_is_looked_at_once_a_run(
    plan: Plan, pipeline: Callable[..., Run]
) -> None:
    assert pipeline(KAGGLE_API_TOKEN=TOKEN).returncode == 0
    plan.calls.clear()
    assert "nothing new" in pipeline(KAGGLE_API_TOKEN=TOKEN).stdout
    assert [path.rsplit("/", 1)[-1] for path, _, _ in plan.calls] == [
        "IntrospectToken",
        "GetDataset",
    ]


def test_a_version_without_new_rows_is_remembered_without_pandas_and_signed(
    plan: Plan, pipeline: Callable[..., Run]
) -> None:
    login = {"KAGGLE_API_TOKEN": TOKEN, "PIPELINE_STATE_KEY": "the state key"}
    assert pipeline(**login).returncode == 0
    plan.version = 2
    looked = pipeline(**login, PYTHONPROFILEIMPORTTIME="1")
    assert looked.stdout.splitlines()[-1] == "nothing new"
    imported = {line.rsplit("|", 1)[-1].strip() for line in looked.stderr.splitlines()}
    assert "requests" in imported
    assert not imported & {"pandas", "numpy", "sklearn", "joblib", "jinja2"}
    plan.calls.clear()
    assert pipeline(**login).returncode == 0
    assert plan.called("Download") == 0


class NoLogin(NamedTuple):
    """Variables and files that are no login, and how often Kaggle is called."""

    environment: dict[str, str]
    files: dict[str, str]
    calls: int = 0


@pytest.mark.parametrize(
    "no_login",
    [
        NoLogin(EMPTY, {}),
        NoLogin(
            {"KAGGLE_API_TOKEN": "  ", "KAGGLE_USERNAME": " ", "KAGGLE_KEY": "\n"}, {}
        ),
        NoLogin(EMPTY | {"KAGGLE_USERNAME": USER}, {}),
        NoLogin(EMPTY, {".kaggle/access_token": " \n"}),
        NoLogin(EMPTY, {".kaggle/kaggle.json": "{}"}),
        NoLogin(EMPTY, {".kaggle/kaggle.json": "no JSON"}),
        # The client reads tokens below the home alone.
        NoLogin(EMPTY | {"KAGGLE_CONFIG_DIR": "own"}, {"own/access_token": TOKEN}),
        NoLogin({"KAGGLE_API_TOKEN": "revoked"}, {}, 2),
    ],
)
def test_what_is_no_login_ends_with_30_and_names_the_variables(
    plan: Plan, pipeline: Callable[..., Run], tmp_path: Path, no_login: NoLogin
) -> None:
    for name, content in no_login.files.items():
        (tmp_path / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / name).write_text(content)
    done = pipeline(**no_login.environment)
    assert done.returncode == 30, done.stderr
    assert "KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN" in done.stderr
    assert len(plan.calls) == no_login.calls


class Failure(NamedTuple):
    """Who fails how, and how often; the exit code, and a part of the message."""

    name: str
    path: str
    fault: dict[str, Any]
    times: int
    exit_code: int
    message: str


FAILURES = [
    Failure(
        "wrong key", API, {"status": 401}, 1, 30, "does not accept the credentials"
    ),
    Failure("private", API, {"status": 403}, 1, 31, "not let this account read"),
    Failure("absent", API, {"status": 404}, 1, 32, "has no"),
    Failure(
        "too many calls",
        API,
        {"status": 429, "retry_after": 3600},
        1,
        33,
        "no more calls",
    ),
    Failure("too many calls, again", API, {"status": 429}, 3, 33, "no more calls"),
    Failure("broken", API, {"status": 502}, 3, 34, "answers 502"),
    Failure("hanging", API, {"hang": 2}, 3, 34, "did not answer in time"),
    Failure("a page", API, {"status": 200, "message": "<html>"}, 3, 34, "no JSON"),
    Failure("back in an hour", API, {"status": 503, "retry_after": 3600}, 1, 34, "503"),
    Failure("storage forbids", STORAGE, {"status": 403}, 3, 34, "storage answers 403"),
    Failure("storage has none", STORAGE, {"status": 404}, 3, 34, "storage answers 404"),
    Failure(
        "storage has a page",
        STORAGE,
        {"status": 200, "message": "<html>"},
        3,
        34,
        "a web page in place of data",
    ),
    Failure("flipped for ever", STORAGE, {"corrupt": True}, 9, 35, "came down damaged"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=[row.name for row in FAILURES])
def test_each_failure_has_its_code_and_one_line(
    plan: Plan, pipeline: Callable[..., Run], tmp_path: Path, failure: Failure
) -> None:
    source = "kaggle:somebody/rows"
    if FAILURES.index(failure) % 2:
        source = "kaggle:competitions/race"
    plan.fail(failure.path, failure.fault, failure.times)
    done = pipeline(source, KAGGLE_USERNAME=USER, KAGGLE_KEY=KEY)
    assert done.returncode == failure.exit_code, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert failure.message in lines[0]
    assert lines[1].startswith("  hint: ")
    assert len(lines) == 2
    assert done.stdout.splitlines()[-1] == "::error title=pipeline::" + lines[
        0
    ].removeprefix("error: ")
    assert not list((tmp_path / "r/runtime").glob("model/*"))


@pytest.mark.parametrize("source", ["kaggle:somebody/rows", "kaggle:competitions/race"])
def test_500_twice_and_then_good_is_good(
    plan: Plan, pipeline: Callable[..., Run], source: str
) -> None:
    plan.fail(API, {"status": 500})
    plan.fail(API, {"status": 503})
    plan.fail(STORAGE, {"status": 500})
    plan.fail(STORAGE, {"cut": 100})
    done = pipeline(source, KAGGLE_USERNAME=USER, KAGGLE_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "300 in all" in done.stdout
