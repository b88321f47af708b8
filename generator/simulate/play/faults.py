"""What goes wrong in a run, done to the local GitHub and the repository for real."""

from __future__ import annotations

from ...github.core.faults import Fault
from ...github.local_github import LocalGitHub
from ..timeline.records import FaultKind
from .live_run import LiveRun
from .sandbox import Sandbox

_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_HOOK = "#!/bin/sh\necho 'the simulation lets the push fail' >&2\nexit 1\n"


def apply_at_start(fault: FaultKind, local_github: LocalGitHub) -> None:
    """Let the API be down while the run looks for its state."""
    if fault is FaultKind.API_DOWN:
        # 501 is no answer that clients try again after.
        local_github.faults.add(Fault("/repos/*", status=501))
        local_github.faults.add(Fault("/twirp/*/Get*", status=501))


def apply_at_training(
    fault: FaultKind, live: LiveRun, local_github: LocalGitHub, sandbox: Sandbox
) -> None:
    """End what went wrong at the start, and let what comes next go wrong."""
    local_github.faults.clear()
    if fault is FaultKind.RUNNER_LOST:
        live.stop()
        return
    if fault is FaultKind.RACING_PUSH:
        sandbox.commit_file("RACING-PUSH.md", "A push in between.\n", "Race a run")
    if fault is FaultKind.UPLOAD_FAILS:
        local_github.faults.add(Fault("/twirp/*/Create*", status=501))
        for method in _WRITES:
            local_github.faults.add(Fault("/repos/*", method=method, status=501))
        # A push of git goes past the server: the repository itself refuses it.
        hook = sandbox.remote / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK, encoding="utf-8")
        hook.chmod(0o755)
    live.release(fault.value)


def clear(local_github: LocalGitHub, sandbox: Sandbox) -> None:
    """Let everything go right again."""
    local_github.faults.clear()
    (sandbox.remote / "hooks" / "pre-receive").unlink(missing_ok=True)
