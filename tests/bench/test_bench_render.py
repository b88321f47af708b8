"""What `wfgen render` costs beside the imports it cannot do without."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from generator.process import SystemRunner

ROUNDS = 10


def seconds(argv: Sequence[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    done = SystemRunner().run(argv, env=env)
    assert done.exit_code == 0, done.stderr
    return time.perf_counter() - began


@pytest.mark.bench
def test_render_against_its_imports(tmp_path: Path) -> None:
    # Bytecode is kept, as pip leaves it after an install.
    env = {"PATH": os.environ["PATH"], "WFGEN_CACHE_DIR": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    imports = [sys.executable, "-c", "import click, jinja2, yaml"]
    render = [str(Path(sys.executable).with_name("wfgen")), "render", str(tmp_path)]
    for argv in (imports, render):
        seconds(argv, env)
    pairs = [(seconds(imports, env), seconds(render, env)) for _ in range(ROUNDS)]
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    print(f"\nimports {1000 * bare:.0f} ms, render {1000 * ours:.0f} ms: {ours / bare:.2f} times (goal: below 1.8)")
