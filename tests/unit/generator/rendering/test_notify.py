"""The rendered script that tells how runs end.

Run as it is against the local GitHub and a receiver on loopback.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generator.config.settings import load
from generator.github.core.faults import Fault
from generator.github.core.models import NewRun, RunTicket
from generator.github.local_github import LocalGitHub
from generator.process import Completed, SystemRunner
from generator.rendering.render import render_all

RIGHTS = {"contents": "read", "actions": "read", "issues": "write"}


@dataclass
class Receiver:
    """A webhook that keeps what it is sent."""

    url: str = ""
    status: int = 200
    messages: list[str] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.messages.append(json.loads(body)["text"])
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/secret-path"
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


@dataclass
class Notifier:
    """A repository whose runs end, each followed by the script."""

    local_github: LocalGitHub
    script: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, *results: str, branch: str = "main", rights: dict[str, str] | None = None
    ) -> Completed:
        new = NewRun(
            workflow_path=".github/workflows/train.yml",
            workflow_name="Incremental training",
            event="schedule",
            head_branch=branch,
            head_sha="0" * 40,
            permissions=RIGHTS if rights is None else rights,
        )
        return self._end(self.local_github.begin_run(new), results)

    def again(self, *results: str) -> Completed:
        """Run the newest run again."""
        return self._end(
            self.local_github.begin_attempt(
                self.local_github.list_runs()[-1].id, RIGHTS
            ),
            results,
        )

    def _end(self, ticket: RunTicket, results: tuple[str, ...]) -> Completed:
        output = self.script.with_name("output")
        output.write_text("", encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "GITHUB_API_URL": self.local_github.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "local/repository",
            "GITHUB_TOKEN": ticket.token,
            "GITHUB_RUN_ID": str(ticket.run.id),
            "GITHUB_RUN_ATTEMPT": str(ticket.run.attempt),
            "GITHUB_WORKFLOW": "Incremental training",
            "GITHUB_REF_NAME": ticket.run.head_branch,
            "GITHUB_OUTPUT": str(output),
            "NOTIFY_RESULTS": json.dumps(results),
            "NOTIFY_ON": "failure recovery",
            "NOTIFY_ISSUE": "true",
            "NOTIFY_WORKFLOW": ".github/workflows/train.yml",
            "STATE_TRIES": "2",
            "STATE_RETRY_SECONDS": "0",
            **self.env,
        }
        argv = [sys.executable, "-W", "error", "-I", str(self.script)]
        done = SystemRunner().run(argv, env=environment, timeout_seconds=60)
        for job in ("Train", "Notify"):
            failed = done.exit_code if job == "Notify" else set(results) - {"success"}
            self.local_github.record_job(
                ticket.run.id, job, "failure" if failed else "success"
            )
        self.local_github.finish_run(
            ticket.run.id,
            "failure" if done.exit_code or set(results) - {"success"} else "success",
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "secret-path" not in done.stdout + done.stderr
        return done

    def event(self) -> str:
        return (
            self.script.with_name("output")
            .read_text(encoding="utf-8")
            .strip()
            .removeprefix("event=")
        )


@pytest.fixture
def notifier(tmp_path: Path) -> Iterator[Notifier]:
    settings = load(tmp_path, {}, {"notify.issue": ("notify.issue", True)})
    files = {file.template: file.text for file in render_all(settings, tmp_path)}
    script = tmp_path / "notify.py"
    script.write_text(files["notify.py.j2"], encoding="utf-8")
    with LocalGitHub.open(tmp_path / "github") as local_github:
        yield Notifier(local_github, script)


def test_one_issue_is_opened_brought_up_to_date_and_closed(notifier: Notifier) -> None:
    assert notifier("success").exit_code == 0
    assert notifier.local_github.list_issues() == ()
    for _ in range(3):
        assert notifier("failure").exit_code == 0
        assert notifier.event() == "failure"
    (issue,) = notifier.local_github.list_issues()
    assert (issue.title, issue.state) == ("Incremental training fails on main", "open")
    assert issue.labels == ("workflow: train.yml",)
    assert issue.body.count("- 20") == 3
    assert (
        f"/actions/runs/{notifier.local_github.list_runs()[-1].id}"
        in issue.body.splitlines()[1]
    )
    assert notifier("success").exit_code == 0
    assert notifier.event() == "recovery"
    (issue,) = notifier.local_github.list_issues()
    assert issue.state == "closed"
    assert notifier("success").exit_code == 0
    assert notifier.event() == ""
    assert notifier("failure").exit_code == 0
    assert [one.state for one in notifier.local_github.list_issues()].count("open") == 1
    assert len(notifier.local_github.list_issues()) == 2


def test_many_failures_are_still_one_issue_of_bearable_length(
    notifier: Notifier,
) -> None:
    for _ in range(21):
        notifier("failure")
    (issue,) = notifier.local_github.list_issues()
    assert issue.body.count("- 20") == 20


def test_branches_have_issues_of_their_own(notifier: Notifier) -> None:
    notifier("failure")
    notifier("failure", branch="release")
    notifier("success")
    assert {
        issue.title.split()[-1]: issue.state
        for issue in notifier.local_github.list_issues()
    } == {
        "main": "closed",
        "release": "open",
    }


def test_a_job_out_of_time_or_one_of_several_that_failed_is_a_failure(
    notifier: Notifier,
) -> None:
    notifier("cancelled")
    assert notifier.event() == "failure"
    notifier("success", "failure", "skipped")
    assert notifier.event() == "failure"


def test_the_webhook_is_told_failure_and_recovery_and_nothing_else(
    notifier: Notifier, webhook: Receiver
) -> None:
    notifier.env = {"NOTIFY_ISSUE": "false", "NOTIFY_WEBHOOK": webhook.url}
    for result in ("success", "failure", "failure", "success", "success"):
        assert notifier(result).exit_code == 0
    words = [
        message.split(": https://github.example/")[0] for message in webhook.messages
    ]
    failed, works = (
        "Incremental training failed on main",
        "Incremental training works again on main",
    )
    assert words == [failed, failed, works]
    notifier.env["NOTIFY_ON"] = "completion"
    notifier("success")
    assert webhook.messages[-1].startswith("Incremental training completed on main")
    assert notifier.local_github.list_issues() == ()


def test_a_failure_that_a_re_run_repairs_is_told_as_recovered(
    notifier: Notifier, webhook: Receiver
) -> None:
    notifier.env = {"NOTIFY_ISSUE": "false", "NOTIFY_WEBHOOK": webhook.url}
    for result in ("success", "failure"):
        notifier(result)
    notifier.again("success")
    notifier("success")
    words = [
        message.split(": https://github.example/")[0] for message in webhook.messages
    ]
    assert words == [
        "Incremental training failed on main",
        "Incremental training works again on main",
    ]


def test_a_fork_gets_no_webhook_and_passes(notifier: Notifier) -> None:
    notifier.env = {"NOTIFY_ISSUE": "false", "NOTIFY_WEBHOOK": ""}
    assert notifier("failure").exit_code == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "answered 500"), ("http://127.0.0.1:9/secret-path", "cannot be reached")],
)
def test_a_message_that_did_not_arrive_fails_without_naming_the_address(
    url: str, said: str, notifier: Notifier, webhook: Receiver
) -> None:
    webhook.status = 500
    notifier.env = {"NOTIFY_WEBHOOK": url or webhook.url}
    done = notifier("failure")
    assert done.exit_code == 1
    assert "::error title=Nobody was told::the webhook " + said in done.stdout


def test_a_message_that_did_not_arrive_is_no_failure_to_recover_from(
    notifier: Notifier, webhook: Receiver
) -> None:
    notifier.env = {
        "NOTIFY_ISSUE": "false",
        "NOTIFY_WEBHOOK": webhook.url,
        "NOTIFY_ON": "completion recovery",
    }
    webhook.status = 500
    assert notifier("success").exit_code == 1
    assert notifier.local_github.list_runs()[-1].conclusion == "failure"
    webhook.status = 200
    notifier("success")
    assert notifier.event() == "completion"


def test_without_the_right_it_says_what_is_missing(notifier: Notifier) -> None:
    done = notifier("failure", rights={"contents": "read", "actions": "read"})
    assert done.exit_code == 1
    assert "look at the permissions of the job" in done.stdout


def test_an_api_in_trouble_is_no_silence(notifier: Notifier) -> None:
    notifier.local_github.faults.add(
        Fault(method="GET", path="/repos/*/issues*", status=502)
    )
    done = notifier("failure")
    assert done.exit_code == 1
    assert "no usable answer in 2 tries" in done.stdout
