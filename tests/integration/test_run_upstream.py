"""The same runs with the actions built from their public source and with our stand-ins.

See docs/running-locally.md. Needs node, and in UPSTREAM_ACTIONS a folder with
`actions/upload-artifact` and `actions/download-artifact` (or `...@REF`). Nothing of
theirs is part of this repository.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from generator.runner.models import ActionChoice, Conclusion, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

# The value of some field of a RunRequest, which has the types.
FieldValue: TypeAlias = Any

FOLDER = os.environ.get("UPSTREAM_ACTIONS", "")
pytestmark = [
    pytest.mark.act,
    pytest.mark.skipif(
        not FOLDER or shutil.which("node") is None,
        reason="UPSTREAM_ACTIONS names no folder with the upstream actions, or there is no node",
    ),
]
UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"


def step(uses: str, inputs: dict[str, str], number: int) -> str:
    given = "".join(f"          {name}: {value!r}\n" for name, value in inputs.items())
    return (
        f"      - name: Step {number}\n        id: s{number}\n        continue-on-error: true\n"
        f"        uses: {uses}\n        with:\n{given}"
    )


UPLOADS = [
    {"name": "folder", "path": "out/"},
    {
        "name": "hidden",
        "path": "out",
        "include-hidden-files": "true",
        "retention-days": "3",
    },
    {"name": "single", "path": "out/a.txt", "compression-level": "0"},
    {"name": "wild", "path": "out/**/*.txt"},
    {"name": "two places", "path": "out/sub\\nother/"},
    {"name": "minus", "path": "out\\n!out/sub/**"},
    {"name": "nothing", "path": "none/"},
    {"name": "nothing-error", "path": "none/", "if-no-files-found": "error"},
    {"name": "nothing-ignored", "path": "none/", "if-no-files-found": "ignore"},
    {"name": "bad-choice", "path": "out", "if-no-files-found": "perhaps"},
    {"name": "folder", "path": "out/a.txt"},
    {"name": "single", "path": "out/sub/b.txt", "overwrite": "true"},
    {"name": "bad:name", "path": "out"},
    {"name": "ignored", "path": "other/c.json", "archive": "false"},
    {"name": "many", "path": "out/", "archive": "false"},
    {"name": "unicode-\u00e4\u20ac", "path": "out/a.txt"},
    {"name": "links", "path": "links/"},
    {"name": "long", "path": "out/a.txt", "retention-days": "400"},
    {"name": "badlevel", "path": "out/a.txt", "compression-level": "11"},
]
DOWNLOADS = [
    {"name": "folder", "path": "d/folder"},
    {"name": "none", "path": "d/none"},
    {"pattern": "wild*", "path": "d/one-match"},
    {"pattern": "*i*", "path": "d/pattern"},
    {"pattern": "{wild,minus}", "path": "d/merged", "merge-multiple": "true"},
    {"pattern": "zzz*", "path": "d/no-match"},
    {"name": "c.json", "path": "d/raw"},
    {"name": "folder", "artifact-ids": "1", "path": "d/both"},
    {"artifact-ids": "x", "path": "d/bad-id"},
    {"artifact-ids": "1", "path": "d/no-id"},
    {"path": "d/all"},
]
PREPARE = (
    "      - run: |\n"
    "          mkdir -p out/sub out/.git other links\n"
    "          echo a > out/a.txt; echo b > out/sub/b.txt; "
    "echo h > out/.hidden; echo g > out/.git/config\n"
    "          echo '{}' > other/c.json; "
    "ln -s ../out/a.txt links/to-file; ln -s ../out/sub links/to-folder\n"
    "          ln -s nowhere links/broken\n"
)
COLLECT = (
    "      - if: always()\n        env: {OUTPUTS: '${{ toJSON(steps) }}'}\n        run: |\n"
    '          mkdir -p "$KEEP"; printf \'%s\' "$OUTPUTS" > "$KEEP/outputs.json"\n'
    '          if [ -d d ]; then cp -rL d "$KEEP/"; fi\n'
)
HEAD = (
    "name: {}\non: push\njobs:\n  only:\n    runs-on: ubuntu-latest\n"
    "    permissions: {{actions: read}}\n    steps:\n"
)


def text(name: str, steps: list[str]) -> str:
    return HEAD.format(name) + PREPARE + "".join(steps) + COLLECT


def play(
    project: Project, name: str, steps: list[str], keep: Path, **more: FieldValue
) -> RunResult:
    project.write(f".github/workflows/{name}.yml", text(name, steps))
    return project.run(workflow=f"{name}.yml", environment={"KEEP": str(keep)}, **more)


def members(project: Project, result: RunResult) -> dict[str, object]:
    found: dict[str, object] = {}
    for artifact in result.artifacts:
        path = project.local_github.get_artifact_path(artifact.id)
        days = round(
            (artifact.expires_at - artifact.created_at).total_seconds() / 86400
        )
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                content: object = {
                    name: archive.read(name)
                    for name in archive.namelist()
                    if not name.endswith("/")
                }
        else:
            content = path.read_bytes()
        found[artifact.name] = (artifact.mime_type, days, content)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def outputs(keep: Path) -> str:
    """What the steps gave, without what no two runs have in common: ids, digests and folders."""
    steps = json.loads((keep / "outputs.json").read_text())
    for one in steps.values():
        # A composite action has the outputs it could not set all the same, empty; to an
        # expression that is as none.
        one["outputs"] = {
            name: value for name, value in one["outputs"].items() if value
        }
    content = re.sub(r"/[^\"]*/hostexecutor", "WORKSPACE", json.dumps(steps, indent=1))
    return re.sub(r"\b(\d{8,}|[0-9a-f]{64})\b", "N", content)


def outcomes(result: RunResult) -> dict[str, object]:
    messages: dict[str, list[str]] = {}
    for note in result.annotations:
        # The first words: what follows is advice, ids and the service's own reasons.
        message = re.sub(
            r"/\S*/hostexecutor", "WORKSPACE", " ".join(note.message.split())
        )[:60]
        messages.setdefault(note.step, []).append(f"{note.level}: {message}")
    return {
        one.name: (one.outcome, messages.get(one.name))
        for job in result.jobs
        for one in job.steps
    }


@pytest.fixture
def sides(tmp_path: Path) -> list[tuple[Path, dict[str, object]]]:
    upstream = {
        "actions": ActionChoice.UPSTREAM,
        "actions_folder": Path(FOLDER).resolve(),
    }
    return [
        (tmp_path / "ours", {"actions": ActionChoice.STAND_IN}),
        (tmp_path / "theirs", upstream),
    ]


def test_uploads_and_downloads_within_a_run_are_alike(
    bare: Project, sides: list[tuple[Path, dict[str, object]]]
) -> None:
    steps = [step(UPLOAD, inputs, number) for number, inputs in enumerate(UPLOADS)]
    steps += [
        step(DOWNLOAD, inputs, number + 100) for number, inputs in enumerate(DOWNLOADS)
    ]
    ours, theirs = (
        play(bare, "within", [_quoted(one) for one in steps], keep, **more)
        for keep, more in sides
    )
    assert ours.conclusion is theirs.conclusion is Conclusion.SUCCESS
    assert theirs.stand_ins == ()
    assert outcomes(ours) == outcomes(theirs)
    assert members(bare, ours) == members(bare, theirs)
    assert tree(sides[0][0] / "d") == tree(sides[1][0] / "d")
    assert outputs(sides[0][0]) == outputs(sides[1][0])


def test_downloads_from_another_run_are_alike(
    bare: Project, sides: list[tuple[Path, dict[str, object]]]
) -> None:
    uploads = [
        _quoted(step(UPLOAD, inputs, number))
        for number, inputs in enumerate(UPLOADS[:6])
    ]
    origins = [
        play(bare, "upload", uploads, keep / "up", **more) for keep, more in sides
    ]
    results = []
    # Each side reads what the other one wrote.
    for origin, (keep, more) in zip(reversed(origins), sides, strict=True):
        token = {"run-id": str(origin.run.id), "github-token": "${{ github.token }}"}
        steps = [
            step(DOWNLOAD, inputs | token, number)
            for number, inputs in enumerate(DOWNLOADS)
        ]
        steps.append(
            step(
                DOWNLOAD,
                {"name": "folder", "run-id": str(origin.run.id), "path": "d/no-token"},
                200,
            )
        )
        steps.append(
            step(
                DOWNLOAD,
                {"name": "folder", **token, "repository": "nonsense", "path": "d/x"},
                201,
            )
        )
        result = play(bare, "download", [_quoted(one) for one in steps], keep, **more)
        assert result.restored_from == (origin.run.id,)
        results.append(result)
    ours, theirs = results
    assert outcomes(ours) == outcomes(theirs)
    assert tree(sides[0][0] / "d") == tree(sides[1][0] / "d")
    assert outputs(sides[0][0]) == outputs(sides[1][0])


def test_the_rendered_workflow_carries_its_state_alike(project: Project) -> None:
    mine = {"actions": ActionChoice.STAND_IN}
    theirs = {"actions": ActionChoice.AUTO, "actions_folder": Path(FOLDER).resolve()}
    results = [project.run(**more) for more in (mine, theirs, mine, theirs)]
    assert [
        result.summary["rows_total"] if result.summary else None for result in results
    ] == [30, 60, 90, 120]
    assert [result.restored_from for result in results[1:]] == [
        (result.run.id,) for result in results[:3]
    ]


CACHE = "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae"


@pytest.mark.skipif(
    not list(Path(FOLDER, "actions").glob("cache*")),
    reason="there is no actions/cache in the folder",
)
def test_caches_are_alike(
    bare: Project, sides: list[tuple[Path, dict[str, object]]]
) -> None:
    whole = step(
        CACHE,
        {"path": "out", "key": "KEY-${{ github.run_number }}", "restore-keys": "KEY-"},
        1,
    )
    part = CACHE.replace("cache@", "cache/PART@")
    restore = step(
        part.replace("PART", "restore"), {"path": "other", "key": "KEY-fixed"}, 2
    )
    save = step(part.replace("PART", "save"), {"path": "other", "key": "KEY-fixed"}, 3)
    missing = {"path": "none", "key": "KEY-none", "fail-on-cache-miss": "true"}
    steps = [whole, restore, save, step(part.replace("PART", "restore"), missing, 4)]
    found = []
    for keep, more in sides:
        # A prefix for each side: the compression is part of what a cache is, and
        # upstream's is zstd where there is one.
        mine = [_quoted(one.replace("KEY", keep.name)) for one in steps]
        results = [
            play(bare, f"cache-{keep.name}", mine, keep / str(number), **more)
            for number in range(2)
        ]
        kept = {
            cache.key.replace(keep.name, "KEY")
            for cache in bare.local_github.list_caches()
            if cache.key.startswith(keep.name)
        }
        messages = [
            outputs(keep / str(number)).replace(keep.name, "KEY") for number in range(2)
        ]
        found.append(
            (
                [
                    [one.outcome for job in result.jobs for one in job.steps]
                    for result in results
                ],
                kept,
                messages,
            )
        )
    assert found[0] == found[1]
    assert found[0][1] == {"KEY-1", "KEY-2", "KEY-fixed"}


def _quoted(yaml: str) -> str:
    """Python's single quotes keep a backslash.

    YAML makes a line break of `\\n` only between double ones.
    """
    return re.sub(r"'(.*)'\n", r'"\1"' + "\n", yaml.replace("\\\\n", "\\n"))
