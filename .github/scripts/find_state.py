# Written by wfgen 0.1.0 from find_state.py.j2 with settings 44136fa355b3, body a28befe91918.
# Change the settings and run `wfgen render` again: a file edited by hand is not overwritten.
# ruff: noqa: INP001, T201, S310, PLR2004 - a script that talks to the runner by printing, with GitHub's API behind one URL
"""Find the newest earlier run whose state this run may continue, and say which one it is.

Runs as a step of the workflow, with nothing but the standard library. It looks for a run of the same
workflow, in the same repository (not a fork of it), on the same branch, not caused by a pull request,
that still has every artifact of the state. Its id becomes the step's output `run-id`; an empty output
means that there is none yet and that training starts fresh.

Whatever stops it from knowing (no answer, 403, 429, 5xx, an answer that makes no sense) ends the job
with exit code 1: training from scratch over good state is the one thing that must not happen.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping

JSON_ANSWER = "application/vnd.github+json"
WAIT_AT_MOST_SECONDS = 60.0
PER_PAGE = 100
MAX_PAGES = 20  # 2,000 artifacts of one name; runs of pull requests upload none


class CannotTellError(Exception):
    """GitHub did not say what it was asked."""


class MissingError(Exception):
    """GitHub answered 404 or 410: what was asked for is gone."""


class SameHostRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and gives the token only to the host it was meant for."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # noqa: ANN001, ANN201, PLR0913, PLR0917 - urllib's
        """Build the next request."""
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        same_host = urllib.parse.urlsplit(newurl)[:2] == urllib.parse.urlsplit(req.full_url)[:2]
        if following is not None and same_host:
            following.add_unredirected_header("Authorization", req.get_header("Authorization", ""))
        return following


class GitHub:
    """The few calls of GitHub's REST API that are needed here; `env` is the environment of a step."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.base = (env.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/")
        self.base += f"/repos/{env['GITHUB_REPOSITORY']}"
        self.token = env["GITHUB_TOKEN"]
        self.tries = max(1, int(env.get("STATE_TRIES") or 4))
        self.delay_seconds = float(env.get("STATE_RETRY_SECONDS") or 2)
        self.opener = urllib.request.build_opener(SameHostRedirects)

    def get(self, path: str):  # noqa: ANN201 - whatever the JSON holds
        """What stands at `path`; raises MissingError or CannotTellError."""
        return self.send("GET", path)

    def send(self, method: str, path: str, body: object = None):  # noqa: ANN201 - whatever the JSON holds
        """The answer as data. What could be done twice (POST) is tried once, all else a few times."""
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self.transfer(method, self.base + path, data, "application/json").decode("utf-8") or "null")

    def transfer(
        self, method: str, url: str, data: bytes | None, content_type: str, accept: str = JSON_ANSWER
    ) -> bytes:
        """The body of the answer."""
        tries, trouble, path = 1 if method == "POST" else self.tries, "", url.partition("?")[0]
        for attempt in range(tries):
            try:
                return self._once(method, url, data, content_type, accept)
            except urllib.error.HTTPError as error:
                with error:
                    trouble = self._judge(path, error)
                wait_seconds = retry_after(error.headers.get("Retry-After"))
            except (OSError, ValueError, http.client.HTTPException) as error:
                trouble = f"{path}: {error}"
                wait_seconds = None
            if attempt + 1 < tries:
                pause = self.delay_seconds * 2**attempt if wait_seconds is None else wait_seconds
                print(f"{trouble}; trying again in {pause:g} s", flush=True)
                time.sleep(min(pause, WAIT_AT_MOST_SECONDS))
        raise CannotTellError(f"GitHub's API gave no usable answer in {counted(tries, 'try', 'tries')} ({trouble})")

    def _once(self, method: str, url: str, data: bytes | None, content_type: str, accept: str) -> bytes:
        headers = {"Accept": accept, "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "wfgen"}
        if data is not None:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(url, data, headers, method=method)
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        with self.opener.open(request, timeout=60) as response:
            answer = response.read()
        if accept == JSON_ANSWER and answer:
            json.loads(answer.decode("utf-8"))
        return answer

    @staticmethod
    def _judge(path: str, error: urllib.error.HTTPError) -> str:
        """What to say of an error that is worth another try; raises for the others."""
        told_to_wait = error.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in error.headers
        limited = error.code == 429 or told_to_wait
        if error.code in (404, 410):
            raise MissingError(f"{path}: {error.code}")
        if error.code == 403 and limited:
            return f"{path}: 403, the rate limit is used up"
        if error.code in (401, 403):
            raise CannotTellError(
                f"{path}: {error.code}, the token may not do this; look at the permissions of the job"
            )
        if error.code < 500 and not limited:
            raise CannotTellError(f"{path}: {error.code} {error.reason}")
        return f"{path}: {error.code} {error.reason}"


def retry_after(value: str | None) -> float | None:
    """Seconds that the server asks us to wait, if it says so as a number."""
    return float(value) if value is not None and value.isdigit() else None


def counted(number: int, one: str, several: str) -> str:
    """`1 try`, `2 tries`."""
    return f"{number} {one if number == 1 else several}"


def one_line(text: str) -> str:
    """The text as the message of a workflow command: one line, `%` escaped."""
    return " ".join(text.split()).replace("%", "%25")


def append(variable: str, text: str) -> None:
    """Append to the file that an environment variable of the runner names."""
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - as short as it gets
            file.write(text + "\n")


def pages(github: GitHub, path: str, query: dict) -> Iterator[dict]:
    """Every artifact listed at `path`, page by page, as the API orders them: newest first."""
    seen = 0
    for page in range(1, MAX_PAGES + 1):
        answer = github.get(path + "?" + urllib.parse.urlencode({**query, "per_page": PER_PAGE, "page": page}))
        listed, total = answer["artifacts"], answer["total_count"]
        yield from listed
        seen += len(listed)
        if not listed or seen >= total:
            return
    raise CannotTellError(f"no usable state among the newest {seen} of {total} artifacts; the search stops there")


class Search:
    """What makes a run one whose state may be continued."""

    def __init__(self, github: GitHub, names: list, branch: str, workflow: str, own_run_id: int) -> None:
        self.github = github
        self.names = names
        self.branch = branch
        self.workflow = workflow
        self.own_run_id = own_run_id
        self.expired = ""

    def newest_run_id(self) -> int | None:
        """The newest run with a full state; None where no run qualifies.

        A re-run does its run again, from what the run before left. An earlier attempt of this very run comes in
        only where that is gone: anything rather than starting over.
        """
        looked_at, earlier_attempt = set(), None
        for artifact in pages(self.github, "/actions/artifacts", {"name": self.names[0]}):
            run = artifact["workflow_run"] or {}
            run_id = run.get("id")
            if run_id in looked_at or artifact["name"] != self.names[0]:
                continue
            looked_at.add(run_id)
            refusal = self.listed_refusal(artifact, run) or self.run_refusal(run_id)
            if refusal is None and run_id != self.own_run_id:
                return run_id
            if refusal is None:
                earlier_attempt, refusal = run_id, "is an earlier attempt of this run, taken if no other is left"
            print(f"run {run_id} ({artifact['created_at']}): {refusal}")
            if refusal.endswith("has expired"):
                self.expired = self.expired or f"run {run_id}: {refusal}"
        return earlier_attempt

    def listed_refusal(self, artifact: dict, run: dict) -> str | None:
        """Why the listing alone rules this run out."""
        if not run or run["head_repository_id"] != run["repository_id"]:
            return "comes from a fork"
        if run["head_branch"] != self.branch:
            return f"is of branch {run['head_branch']}"
        if artifact["expired"]:
            return f"{artifact['name']} has expired"
        return None

    def run_refusal(self, run_id: int) -> str | None:
        """Why the run itself, or what is left of its artifacts, rules it out."""
        try:
            run = self.github.get(f"/actions/runs/{run_id}")
            artifacts = list(pages(self.github, f"/actions/runs/{run_id}/artifacts", {}))
        except MissingError:
            return "has been deleted"
        if run["path"].partition("@")[0] != self.workflow:
            return f"is of another workflow, {run['path']}"
        if run["event"].startswith("pull_request"):
            return "was caused by a pull request"
        head, own = run["head_repository"] or {}, run["repository"]
        if head.get("id") != own["id"] or run["head_branch"] != self.branch:
            return "comes from a fork or another branch"
        return self.pair_refusal(artifacts, int(run.get("run_attempt") or 1))

    def pair_refusal(self, artifacts: list, attempts: int) -> str | None:
        """Why the artifacts of a run of so many attempts are no full state."""
        newest = 0
        for name in self.names:
            ours = [artifact for artifact in artifacts if artifact["name"] == name]
            if not ours:
                return f"has no {name}"
            latest = max(ours, key=lambda artifact: artifact["id"])
            if latest["expired"]:
                return f"{name} has expired"
            # Attempts of one run share its id, and a later one may have replaced what an earlier one left. The
            # parts are uploaded in this order, so that an older second part is left over from an attempt before
            # the one that wrote the first.
            attempts = max(attempts, len(ours))
            if attempts > 1 and latest["id"] < newest:
                return f"its last attempt stopped before it uploaded {name}"
            newest = latest["id"]
        return None


def warn_if_older(github: GitHub, env: Mapping[str, str], run_id: int) -> None:
    """Say where a run came after the one whose state is continued, as far as GitHub's list of runs knows.

    A store that can be written to can be made to hold an older state, signed like the newest one. The list of runs is
    kept by GitHub itself.
    """
    workflow = urllib.parse.quote(env["STATE_WORKFLOW"].rpartition("/")[2])
    query = urllib.parse.urlencode({"branch": env["STATE_BRANCH"], "status": "success", "per_page": 50})
    try:
        listed = github.get(f"/actions/workflows/{workflow}/runs?{query}")["workflow_runs"]
        newer = find_newer(listed, run_id, env)
    except (CannotTellError, MissingError, LookupError, TypeError, AttributeError) as error:
        print(f"Whether a run came after it is not known: {one_line(str(error))}")
        return
    if newer is not None:
        said = f"The state of run {run_id} is older than the newest: run {newer} succeeded after it"
        print(f"{said}.")
        print(f"::warning title=State::{said}, and its state is not what is kept. Look who took it away.")


def find_newer(listed: list, run_id: int, env: Mapping[str, str]) -> int | None:
    """A run that wrote state after the one whose state is continued."""
    # A run that was run again is as new as its last attempt.
    begun = [(run["run_started_at"], run_id) for run in listed if run["id"] == run_id]
    for run in listed:
        head, own = run["head_repository"] or {}, run["repository"]
        if run["event"].startswith("pull_request") or run["id"] in (run_id, int(env["GITHUB_RUN_ID"])):
            continue
        if head.get("id") != own["id"] or run["head_branch"] != env["STATE_BRANCH"]:
            continue
        if ((run["run_started_at"], run["id"]) > begun[0]) if begun else (run["id"] > run_id):
            return run["id"]
    return None


def report(run_id: int | None, branch: str, expired: str) -> None:
    """Set the output, and say in the log and in the summary where training starts."""
    append("GITHUB_OUTPUT", f"run-id={'' if run_id is None else run_id}")
    if run_id is None and expired:
        said = f"The earlier state on branch {branch} is gone ({expired}): training starts fresh."
        print(f"::warning title=State::{said} A longer retention, or state kept in a release, outlives such a pause.")
    elif run_id is None:
        said = f"No earlier state on branch {branch}: training starts fresh."
        print(f"::notice title=State::{said}")
    else:
        said = f"Continuing the state of run {run_id} on branch {branch}."
        print(said)
    append("GITHUB_STEP_SUMMARY", said + "\n")


def main() -> int:
    """Read the runner's environment, search, report; 0 or 1."""
    env = os.environ
    try:
        github = GitHub(env)
        names = env["STATE_ARTIFACTS"].split("/")
        branch = env["STATE_BRANCH"]
        search = Search(github, names, branch, env["STATE_WORKFLOW"], int(env["GITHUB_RUN_ID"]))
        run_id = search.newest_run_id()
        if run_id is not None:
            warn_if_older(github, env, run_id)
    except (CannotTellError, MissingError) as error:
        trouble = str(error)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        trouble = f"an answer of GitHub's API, or this step's environment, is not as expected ({error!r})"
    else:
        report(run_id, branch, search.expired)
        return 0
    print(
        f"::error title=State not found out::{one_line(trouble)}. Nothing was trained and the saved state is "
        "untouched: run the job again once GitHub answers."
    )
    append("GITHUB_STEP_SUMMARY", f"Could not find out which state to continue ({trouble}). It is untouched.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
