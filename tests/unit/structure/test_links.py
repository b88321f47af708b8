"""What the pages point at is there: in a clone, and in the source distribution."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.process import SystemRunner

ROOT = Path(__file__).parents[3]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md")
# Rendered from a workflow of somebody's repository: their paths are of that one.
RENDERED = ("docs/workflow.md", "docs/workflow.ru.md")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([^"]+)">')
# Written into a repository by `wfgen init`.
_THEIR_FILES = ("pipeline/VENDORED.json",)
_OUR_FILE = re.compile(
    r"`((?:generator|pipeline|templates|tests|docs)/[\w./-]*\.(?:py|md|json|j2|txt|csv))`"
)


def list_pages() -> list[str]:
    paths = [path for pattern in PAGES for path in ROOT.glob(pattern)]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def list_shipped() -> tuple[str, ...]:
    """The files of git that the source distribution takes along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    named = [*shipped, project["project"]["readme"], "LICENSE"]
    listed = SystemRunner().run(["git", "ls-files", *named], cwd=ROOT)
    return tuple(listed.stdout.splitlines())


def make_anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.lower())
    return words.replace(" ", "-")


def iter_links(page: str) -> Iterator[tuple[str, str]]:
    for link in _LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if not target.startswith(("https://", "http://")):
            path = (ROOT / page).parent / target if target else ROOT / page
            yield path.resolve().relative_to(ROOT.resolve()).as_posix(), anchor


@pytest.mark.parametrize("page", list_pages())
def test_links_lead_to_files_of_the_source_distribution(page: str) -> None:
    shipped = list_shipped()
    if not shipped:
        pytest.skip("no git repository around")
    for target, anchor in iter_links(page):
        folder_or_file = [path for path in shipped if path.startswith(target)]
        assert folder_or_file, f"{page}: {target}"
        if anchor:
            text = (ROOT / target).read_text(encoding="utf-8")
            anchors = _ANCHOR.findall(text)
            anchors += [make_anchor(heading) for heading in _HEADING.findall(text)]
            assert anchor in anchors, f"{page}: {target}#{anchor}"


@pytest.mark.parametrize(
    "page", [page for page in list_pages() if page not in RENDERED]
)
def test_files_of_ours_that_a_page_names_are_there(page: str) -> None:
    for name in _OUR_FILE.findall((ROOT / page).read_text(encoding="utf-8")):
        places = (ROOT / name, (ROOT / page).parent / name)
        is_there = any(place.is_file() for place in places)
        assert is_there or name in _THEIR_FILES, f"{page}: {name}"


def test_addresses_of_the_project_are_none_or_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for address in project["project"].get("urls", {}).values():
        assert address.startswith("https://")
        assert "example" not in address


def test_the_tests_that_hold_what_is_promised_are_there() -> None:
    """As `docs/security.md` names them."""
    named = set(
        re.findall(r"`(test_\w+\.py)`", (ROOT / "docs/security.md").read_text())
    )
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert len(named) > 20
    assert named <= there
