"""How the modules lie: rooms of a size to know by heart, and imports that go one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.structure.measure import (
    GOALS,
    Module,
    count_modules,
    find_loops,
    imported_modules,
    is_met,
    measure,
    read_modules,
)

ROOT = Path(__file__).parents[3]
PARTS = ("generator", "pipeline")
LARGEST_ROOM = 12
# What may stand between a part and what it must not know: who is lower knows less.
MUST_NOT_IMPORT = [
    ("generator", "pipeline"),
    ("pipeline", "generator"),
    ("generator/github", "generator.runner"),
    ("generator/github", "generator.commands"),
    ("generator/github/core", "generator.github.storage"),
    ("generator/github/storage", "generator.github.rest"),
    ("generator/github/services", "generator.github.rest"),
    ("generator/runner", "generator.commands"),
    ("generator/checks", "generator.commands"),
    ("generator/checks", "generator.runner"),
    ("generator/config", "generator.rendering"),
    ("generator/workflow", "generator.checks"),
    ("generator/workflow", "generator.runner"),
    ("generator/rendering", "generator.commands"),
    ("pipeline/features", "pipeline.models"),
    ("pipeline/models", "pipeline.training"),
    ("pipeline/sources", "pipeline.state"),
    ("pipeline/state", "pipeline.training"),
    ("pipeline/reporting", "pipeline.cli"),
]


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    """Every module, with paths from the top of the checkout."""
    found = read_modules([ROOT / part for part in PARTS])
    return [
        Module(module.path.relative_to(ROOT), module.text, module.tree)
        for module in found
    ]


def made_up(path: str, text: str) -> Module:
    return Module(Path(path), text, ast.parse(text))


def test_a_room_holds_what_a_reader_can_keep_in_mind(modules: list[Module]) -> None:
    sizes = count_modules(modules)
    too_large = {str(room): n for room, n in sizes.items() if n > LARGEST_ROOM}
    assert not too_large, f"cut these into families: {too_large}"


def test_no_package_leads_back_to_itself(modules: list[Module]) -> None:
    assert find_loops(modules) == []


def test_a_loop_between_packages_is_found() -> None:
    a = made_up("generator/a/one.py", "from ..b import two\n")
    b = made_up("generator/b/two.py", "def f():\n    from ..c.three import g\n")
    c = made_up("generator/c/three.py", "from generator.a import one\n")
    for_types = "if TYPE_CHECKING:\n    from ..a import one\n"
    d = made_up("generator/d/four.py", for_types)
    looped = find_loops([a, b, c, d])
    assert {pair[0] for pair in looped} == {"generator/a", "generator/b", "generator/c"}


@pytest.mark.parametrize(("lower", "upper"), MUST_NOT_IMPORT)
def test_imports_go_one_way(lower: str, upper: str, modules: list[Module]) -> None:
    known = {dotted_name(module) for module in modules}
    # A pair that names nothing can never fail.
    assert upper in known, f"there is no {upper}"
    importers = set()
    below = [m for m in modules if m.path.as_posix().startswith(f"{lower}/")]
    assert below, f"there is no {lower}"
    for module in below:
        for name in imported_modules(module, known):
            if f"{name}.".startswith(f"{upper}."):
                importers.add(module.path.as_posix())
    assert importers == set()


def dotted_name(module: Module) -> str:
    return ".".join(module.path.with_suffix("").parts).removesuffix(".__init__")


@pytest.fixture(scope="module")
def measures(modules: list[Module]) -> dict[str, float]:
    """Every measure, taken once."""
    return measure(modules)


@pytest.mark.parametrize("name", GOALS)
def test_the_code_reads_as_the_goals_say(name: str, measures: dict[str, float]) -> None:
    value = measures[name]
    assert is_met(name, value), f"{value:.1f}; `make structure` lists where"


def test_tests_mirror_the_packages() -> None:
    rooms = {
        path.parent.relative_to(ROOT / "tests/unit").as_posix()
        for path in (ROOT / "tests/unit").rglob("test_*.py")
    }
    strange = {
        room for room in rooms if room != "structure" and not (ROOT / room).is_dir()
    }
    assert strange == set()
