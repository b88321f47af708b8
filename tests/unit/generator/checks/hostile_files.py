"""Workflow files that cost a reader much more than they cost who writes them."""

from __future__ import annotations

from collections.abc import Mapping

_HEAD = "name: x\non: push\npermissions: {}\njobs:\n"
_RING = 2_000


def _write_job(steps: str, more: str = "", name: str = "a") -> str:
    return f"  {name}:\n    runs-on: ubuntu-24.04\n{more}    steps:\n{steps}"


def _write_ring() -> str:
    jobs = []
    for number in range(_RING):
        needs = f"    needs: [j{(number + 1) % _RING}]\n"
        jobs.append(_write_job("      - run: x\n", needs, f"j{number}"))
    return _HEAD + "".join(jobs)


def _write_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        aliases = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines) + f"\n{_HEAD}{_write_job('      - run: x')}"


HOSTILE: Mapping[str, str] = {
    "expressions that never end": _HEAD
    + _write_job(f"      - run: '{'${{ ' * 50_000}'\n"),
    "expressions without end of number": _HEAD
    + _write_job(f"      - run: '{'${{ a.b }}' * 20_000}'\n"),
    "a ring of needs": _write_ring(),
    "steps": _HEAD + _write_job("      - run: x\n" * 10_000),
    "steps of actions": _HEAD
    + _write_job("      - uses: actions/checkout@v4\n" * 9_000),
    "steps that are none": _HEAD + _write_job("      - runn: x\n" * 9_000),
    "environments that are none": _HEAD.replace(
        "jobs", "env:\n" + "".join(f"  k{i}: []\n" for i in range(15_000)) + "jobs"
    ),
    "aliases that multiply": _write_bomb(),
    "aliases of jobs": "on: push\nenv: &e {A: b}\njobs:\n"
    + "".join(
        f"  j{i}: {{runs-on: x, env: *e, steps: [{{run: x}}]}}\n" for i in range(3_000)
    ),
    "deep flow": f"{_HEAD}  a: {'[' * 100_000}{']' * 100_000}\n",
    "deep blocks": f"{_HEAD}  a:\n    {'- ' * 100_000}x\n",
    "a huge scalar": _HEAD + _write_job(f"      - run: {'x' * 20_000_000}\n"),
    "a huge key": f"{_HEAD}  ? {'k' * 400_000}\n  : x\n",
    "a huge number": _HEAD
    + _write_job("      - run: x\n", f"    timeout-minutes: {'9' * 100_000}\n"),
    "keys that stand twice": "a: 1\n" * 25_000,
    "brackets of a shell": _HEAD
    + _write_job(f"      - run: |\n          {'$(' * 5_000}{')' * 5_000}\n"),
}
