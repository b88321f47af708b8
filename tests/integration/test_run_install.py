"""What a run installs, with which Python and by which installer.

Nothing here comes from an index but uv itself.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from generator.runner.act.host_environment import list_pythons
from generator.runner.actions.stand_ins.setup_python import parse_version
from generator.runner.models import Conclusion, RunResult

if TYPE_CHECKING:
    from generator.github.core.models import Artifact
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
Rows = Callable[[RunResult], int]
Why = Callable[[RunResult], str]
WHEEL = "deps/wheels/tiny_scales-1.0-py3-none-any.whl"
LOOK = "import sys, tiny_scales; print(tiny_scales.SAID, *sys.version_info[:2])"
TRAIN = f'python -c "{LOOK}"; python -m pipeline update '


def give_wheel(project: Project) -> str:
    """Put a package of one line into the repository; gives its hash."""
    files = {
        "tiny_scales.py": "SAID = 'weighed with'\n",
        "tiny_scales-1.0.dist-info/METADATA": "Metadata-Version: 2.1\n"
        "Name: tiny-scales\nVersion: 1.0\n",
        "tiny_scales-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "tiny_scales-1.0.dist-info/RECORD"
    lines = [f"{name},{digest(text)},{len(text)}" for name, text in files.items()]
    path = project.root / WHEEL
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            **files,
            record: "\n".join([*lines, f"{record},,", ""]),
        }.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(
        hashlib.sha256(text.encode()).digest()
    ).decode().rstrip("=")


def require(project: Project, pinned: str, by: str) -> None:
    """The installer is in it, as environments are shared by all runs with the same requirements."""
    project.write(
        "deps/train.txt",
        f"# {by}\n--no-index\n--find-links ./wheels\ntiny-scales==1.0 {pinned}\n",
    )


def states(project: Project) -> list[Artifact]:
    return [
        artifact
        for artifact in project.local_github.list_artifacts()
        if artifact.name.endswith("-state")
    ]


@pytest.mark.shows_settings(
    "python", "install.requirements", "install.installer", "install.hashes"
)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_only_what_has_the_right_hash_is_installed(
    installer: str, project: Project, total_rows: Rows, why: Why
) -> None:
    right = give_wheel(project)
    # Not the one that everything else here runs with, where this machine has a newer one.
    newest = max(
        (parse_version(version)[:2] for version, _ in list_pythons(os.environ))
    )
    python = ".".join(map(str, newest))
    settings = {
        "install.requirements": "deps/train.txt",
        "install.installer": installer,
        "python": python,
    }
    project.render(
        **settings,
        **{"install.hashes": "true", "train.command": f"{TRAIN} --iterations 1"},
    )
    require(project, f"--hash=sha256:{right}", installer)
    first = project.run()
    assert first.conclusion is Conclusion.SUCCESS, why(first)
    assert f"weighed with {python.replace('.', ' ')}" in project.list_output(first), (
        why(first)
    )
    kept = states(project)
    for pinned, reason in (
        (f"--hash=sha256:{'0' * 64}", right),
        ("", "require-hashes"),
    ):
        require(project, pinned, installer)
        refused = project.run()
        assert (
            refused.conclusion,
            project.map_conclusions(refused)["Install dependencies"],
        ) == (
            Conclusion.FAILURE,
            "failure",
        )
        assert any(reason in line for line in project.list_output(refused)), why(
            refused
        )
        assert project.map_conclusions(refused)["Train"] == "skipped"
        assert states(project) == kept
    require(project, f"--hash=sha256:{right}", installer)
    assert total_rows(project.run()) == 2 * total_rows(first)
