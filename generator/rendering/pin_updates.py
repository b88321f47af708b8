"""The newest release of an action and its commit, from GitHub's REST API.

Calls: `GET /repos/{o}/{r}/releases/latest`, `GET /repos/{o}/{r}/git/ref/tags/{tag}`,
and for an annotated tag `GET /repos/{o}/{r}/git/tags/{sha}` until a commit is reached
(docs.github.com, REST API 2022-11-28).
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import SettingsError, WfgenError
from .pins import Pin, parse_pins

DEFAULT_URL = "https://api.github.com"
_SECONDS = 20.0
_TRIES = 3
# An annotated tag may tag another one; more than a few is a loop or a joke.
_LONGEST_CHAIN = 5
_LARGEST_ANSWER = 10_000_000


class GitHubApi:
    """Reads from one API; the token, if there is one, goes to that host alone."""

    def __init__(self, url: str, token: str, pause_seconds: float = 1.0) -> None:
        """Raises SettingsError for an address that is no https, except on loopback."""
        parts = urlsplit(url)
        loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
            raise SettingsError(f"GITHUB_API_URL must be an https address, not {url!r}")
        self._url = url.rstrip("/")
        self._token = token
        self._pause_seconds = pause_seconds

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> GitHubApi:
        """By GITHUB_API_URL, and GH_TOKEN or GITHUB_TOKEN. Raises SettingsError."""
        return cls(
            env.get("GITHUB_API_URL") or DEFAULT_URL,
            env.get("GH_TOKEN") or env.get("GITHUB_TOKEN") or "",
        )

    def fetch_newest(self, action: str) -> Pin:
        """Fetch the newest release of an action. Raises WfgenError."""
        release = self._get(action, f"/repos/{action}/releases/latest")
        tag = str(release.get("tag_name", ""))
        commit = self._follow_tag(action, tag)
        entry = {action: {"version": tag, "commit": commit}}
        # What a server says is checked as a file is.
        return parse_pins(json.dumps(entry).encode(), "GitHub")[action]

    def _follow_tag(self, action: str, tag: str) -> object:
        """Return the commit that a tag leads to, over the tags that it tags."""
        path = f"/repos/{action}/git/ref/tags/{quote(tag)}"
        for _ in range(_LONGEST_CHAIN + 1):
            target = self._get(action, path).get("object")
            if not isinstance(target, dict):
                break
            if target.get("type") == "commit":
                return target.get("sha")
            if target.get("type") != "tag":
                break
            path = f"/repos/{action}/git/tags/{quote(str(target.get('sha')))}"
        raise WfgenError(f"{action}: the tag {tag} does not lead to a commit")

    def _get(self, action: str, path: str) -> dict[str, Any]:
        for attempt in range(1, _TRIES + 1):
            try:
                return self._get_once(path)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code < HTTPStatus.INTERNAL_SERVER_ERROR or attempt == _TRIES:
                    raise _explain_refusal(action, error) from None
            except (OSError, HTTPException) as error:
                if attempt == _TRIES:
                    raise self._explain_silence(error) from error
            # Not tried again: a proxy's page in place of JSON stays there.
            except ValueError as error:
                raise WfgenError(
                    f"{action}: GitHub answered with something that is not JSON"
                ) from error
            time.sleep(self._pause_seconds * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _explain_silence(self, error: Exception) -> WfgenError:
        # urllib wraps the reason of the socket, which has it in words.
        cause = getattr(error, "reason", None) or error
        reason = getattr(cause, "strerror", None) or cause
        return WfgenError(
            f"{urlsplit(self._url).hostname} cannot be reached: {reason}",
            hint="without a network: wfgen pins --update --from FILE",
        )

    def _get_once(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url + path,
            headers={
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "wfgen",
            },
        )
        if self._token:
            # Unredirected: a redirect to another host must not take the token along.
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - likewise
            answer = json.loads(response.read(_LARGEST_ANSWER))
        if isinstance(answer, dict):
            return answer
        raise ValueError("no object")


def _explain_refusal(action: str, error: urllib.error.HTTPError) -> WfgenError:
    """Say what a status of GitHub's API means, and what helps."""
    if error.code == HTTPStatus.UNAUTHORIZED:
        return WfgenError(
            "GitHub does not accept the token",
            hint="correct GH_TOKEN or GITHUB_TOKEN, or unset it",
        )
    limited = (
        error.headers.get("X-RateLimit-Remaining") == "0"
        or error.code == HTTPStatus.TOO_MANY_REQUESTS
    )
    if limited:
        return WfgenError(
            "GitHub's rate limit is reached", hint="set GH_TOKEN, or wait an hour"
        )
    if error.code == HTTPStatus.NOT_FOUND:
        return WfgenError(
            f"{action} has no release, or GitHub does not show it to you",
            hint="set GH_TOKEN if it is private",
        )
    return WfgenError(
        f"{action}: GitHub answered with status {error.code}", hint="try again later"
    )
