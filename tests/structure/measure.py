"""Measures of how the code reads: `make structure`, or `python measure.py FOLDER...`.

Each measure has a goal that `docs/architecture.md` explains. With `--worst N` the places
that weigh most are listed; `--json` is for programs.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import statistics
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GOALS = {
    "modules in the largest folder": ("at most", 12.0),
    "loops between packages": ("at most", 0.0),
    "conditional expressions per 1,000 lines": ("at most", 10.0),
    "comprehensions per 1,000 lines": ("at most", 15.0),
    "mean characters of a code line": ("at most", 36.0),
    "lines over 100 characters": ("at most", 0.0),
    "functions named by a verb, %": ("at least", 55.0),
    "own-line comments, % of lines": ("at least", 2.5),
    "functions over 40 lines": ("at most", 5.0),
    "suppressions per 1,000 lines": ("at most", 6.6),
}
LONG_LINE = 100
LONG_FUNCTION = 40
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma: no cover|fmt: (off|skip))")
# What the name of a function that does something begins with.
VERBS = frozenset((Path(__file__).parent / "verbs.txt").read_text("utf-8").split())


@dataclass(frozen=True)
class Module:
    """One module: its path, its text, and the tree of it."""

    path: Path
    text: str
    tree: ast.Module


def read_modules(folders: list[Path]) -> list[Module]:
    """Every module below the folders."""
    modules = []
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_text("utf-8")
            modules.append(Module(path, text, ast.parse(text)))
    return modules


def count_modules(modules: list[Module]) -> Counter[Path]:
    """How many modules each folder holds; `__init__` is the folder itself."""
    return Counter(
        module.path.parent for module in modules if module.path.name != "__init__.py"
    )


def imported_modules(module: Module, known: set[str]) -> Iterator[str]:
    """Dotted names of the known modules that one imports, anywhere in it."""
    here = module.path.with_suffix("").parts
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            base = list(here[: -node.level]) if node.level else []
            if node.module:
                base.append(node.module)
            for alias in node.names:
                whole = ".".join([*base, alias.name])
                yield whole if whole in known else ".".join(base)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name


def is_only_for_types(node: ast.AST) -> bool:
    """Whether a node is an `if TYPE_CHECKING:`, whose imports never happen."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def without_type_imports(module: Module) -> Module:
    """The module as it is when it runs."""
    body = [node for node in module.tree.body if not is_only_for_types(node)]
    return Module(module.path, module.text, ast.Module(body, []))


def package_of(dotted: str, known: dict[str, Path]) -> str | None:
    """The package a module belongs to; modules at the top of a part are each their own."""
    path = known.get(dotted)
    if path is None:
        return None
    tops = {"generator", "pipeline", "generator/github", "generator/runner"}
    if path.name == "__init__.py":
        return path.parent.as_posix()
    if path.parent.as_posix() in tops:
        return path.as_posix()
    return path.parent.as_posix()


def find_loops(modules: list[Module]) -> list[tuple[str, str]]:
    """Pairs of packages of which each leads to the other, by whatever way."""
    known = {}
    for module in modules:
        dotted = ".".join(module.path.with_suffix("").parts).removesuffix(".__init__")
        known[dotted] = module.path
    edges: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        dotted = ".".join(module.path.with_suffix("").parts).removesuffix(".__init__")
        source = package_of(dotted, known)
        for name in imported_modules(without_type_imports(module), set(known)):
            target = package_of(name, known)
            if source and target and source != target:
                edges[source].add(target)
    loops = []
    for start in sorted(edges):
        for next_one in sorted(edges[start]):
            if start in reachable_from(next_one, edges):
                loops += [(start, next_one)]
    return loops


def reachable_from(start: str, edges: dict[str, set[str]]) -> set[str]:
    """Every package that imports lead to from one."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in edges.get(waiting.pop(), set()) - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def code_lines(module: Module) -> list[str]:
    """Lines that are neither blank nor comment, without their indentation."""
    lines = (line.strip() for line in module.text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def comment_lines(module: Module) -> int:
    """How many lines are a comment and nothing else."""
    count = 0
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            count += 1
    return count


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_named_freely(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a verb could be asked for: not of magic methods, properties, commands."""
    if node.name.startswith("__"):
        return False
    nouns = {"property", "cached_property", "setter", "command"}
    for decorator in node.decorator_list:
        name = ast.unparse(decorator).partition("(")[0].rpartition(".")[2]
        if name in nouns:
            return False
    return True


def is_named_by_verb(name: str) -> bool:
    """Whether its first word is a verb."""
    return name.strip("_").split("_")[0] in VERBS


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to its last line."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def measure(modules: list[Module]) -> dict[str, float]:
    """Every measure of a set of modules."""
    lines = [line for module in modules for line in code_lines(module)]
    thousands = len(lines) / 1000
    nodes = [node for module in modules for node in ast.walk(module.tree)]
    all_functions = [node for module in modules for node in functions(module)]
    named = [node for node in all_functions if is_named_freely(node)]
    by_verb = [node for node in named if is_named_by_verb(node.name)]
    comments = sum(comment_lines(module) for module in modules)
    texts = [line for module in modules for line in module.text.splitlines()]
    suppressed = [line for line in texts if SUPPRESSION.search(line)]
    choices = [node for node in nodes if isinstance(node, ast.IfExp)]
    comprehensions = [node for node in nodes if isinstance(node, COMPREHENSIONS)]
    long_ones = [node for node in all_functions if function_lines(node) > LONG_FUNCTION]
    values = (
        max(count_modules(modules).values()),
        len(find_loops(modules)),
        len(choices) / thousands,
        len(comprehensions) / thousands,
        statistics.mean(map(len, lines)),
        len([line for line in texts if len(line) > LONG_LINE]),
        100 * len(by_verb) / len(named),
        100 * comments / (len(lines) + comments),
        len(long_ones),
        len(suppressed) / thousands,
    )
    return dict(zip(GOALS, values, strict=True))


def list_worst(modules: list[Module], count: int) -> Iterator[str]:
    """Where each measure comes from: the modules and functions that weigh most."""
    for title, kinds in (
        ("conditional", (ast.IfExp,)),
        ("comprehensions", COMPREHENSIONS),
    ):
        found = Counter[str]()
        for module in modules:
            nodes = [node for node in ast.walk(module.tree) if isinstance(node, kinds)]
            found[str(module.path)] = len(nodes)
        for name, number in found.most_common(count):
            yield f"{title}: {number} in {name}"
    for module in modules:
        for node in functions(module):
            if function_lines(node) > LONG_FUNCTION:
                yield f"{function_lines(node)} lines: {module.path}:{node.lineno} {node.name}"
    for loop in find_loops(modules):
        yield f"loop: {loop[0]} and {loop[1]}"
    nouns = [
        f"{module.path.name}:{node.name}"
        for module in modules
        for node in functions(module)
        if is_named_freely(node) and not is_named_by_verb(node.name)
    ]
    yield f"not verbs: {', '.join(nouns[: 20 * count])}"


def is_met(name: str, value: float) -> bool:
    """Whether a goal is reached."""
    direction, goal = GOALS[name]
    return value <= goal if direction == "at most" else value >= goal


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folders = options.folders or [Path("generator"), Path("pipeline")]
    modules = read_modules(folders)
    measures = measure(modules)
    if options.json:
        print(json.dumps(measures, indent=2))
        return 0
    for name, value in measures.items():
        direction, goal = GOALS[name]
        mark = "" if is_met(name, value) else "   missed"
        print(f"{name:42} {value:8.1f}   {direction} {goal:g}{mark}")
    for line in list_worst(modules, options.worst) if options.worst else ():
        print(line)
    return 0 if all(is_met(name, value) for name, value in measures.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
