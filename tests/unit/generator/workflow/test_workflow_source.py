"""YAML as GitHub reads it, with places, and every fault as data."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from generator.workflow.source import MAX_BYTES, parse_yaml, read_yaml

PATH = Path("w.yml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-3", -3),
        ("1.5e3", 1500.0),
        (".inf", float("inf")),
        ("-.Inf", float("-inf")),
        ("true", True),
        ("TRUE", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("2026-11-22", "2026-11-22"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("'true'", "true"),
        ("!!str 3", "3"),
        ("<<", "<<"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    document = parse_yaml(f"key: {text}\n", PATH)
    assert (document.data, document.findings) == ({"key": value}, ())


def test_on_is_a_key_like_any_other() -> None:
    assert parse_yaml("on: push\n", PATH).data == {"on": "push"}


def test_every_node_has_its_place() -> None:
    document = parse_yaml(
        "on: push\njobs:\n  train:\n    steps:\n      - run: x\n        name: y\n", PATH
    )
    assert document.get_position(("jobs", "train")) == (3, 3)
    assert document.get_position(("jobs", "train", "steps", 0)) == (5, 9)
    assert document.get_position(("jobs", "train", "steps", 0, "name")) == (6, 9)
    assert document.get_position(("jobs", "train", "missing", "deeper")) == (3, 3)
    assert document.mapping["jobs"] == {"train": {"steps": [{"run": "x", "name": "y"}]}}


def test_a_key_that_stands_twice_is_a_finding_at_the_second() -> None:
    document = parse_yaml("on: push\njobs:\n  a: 1\n  b: 2\n  a: 3\n", PATH)
    assert [(f.line, f.column, f.rule) for f in document.findings] == [
        (5, 3, "duplicate-key")
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a:\n\tb: 1\n", 2, "tab"),
        ("a: [1\n", 2, "did not find"),
        ("a: b: c\n", 1, "mapping values"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("? [a]\n: b\n", 1, "a key that is no plain word"),
        ("a: *nobody\n", 1, "alias"),
        ("a: &x [*x]\n", 1, "too deep"),
        ("a: \x01\n", 1, "control characters"),
    ],
)
def test_what_is_no_yaml_is_a_finding(text: str, line: int, words: str) -> None:
    document = parse_yaml(text, PATH)
    (finding,) = document.findings
    assert (document.data, finding.line, finding.tool) == (None, line, "yaml")
    assert words in finding.message


def test_aliases_that_multiply_are_stopped() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    began = time.monotonic()
    document = parse_yaml("\n".join(lines), PATH)
    assert "beyond reason" in document.findings[0].message
    assert time.monotonic() - began < 60


def test_anchors_are_followed() -> None:
    assert parse_yaml("a: &x {k: 1}\nb: *x\n", PATH).data == {
        "a": {"k": 1},
        "b": {"k": 1},
    }


def test_files_that_cannot_be_read_are_findings(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes("größe".encode("latin-1"))
    assert "not UTF-8" in read_yaml(tmp_path / "latin.yml").findings[0].message
    assert "cannot be read" in read_yaml(tmp_path / "none.yml").findings[0].message


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * 250_000 + "]",
        "[" + "!a x," * 80_000 + "]",
        "a: &a "
        + "{a: " * 90
        + f"[{'1,' * 1000}]"
        + "}" * 90
        + f"\nb: [{'*a,' * 100}]",
        "a: &a " + "x" * 200_000 + f"\nb: [{'*a,' * 3000}]",
        "a: &a " + "x" * 900 + "\nb: {" + "*a : 1, " * 20_000 + "}",
    ],
)
def test_more_than_any_workflow_holds_is_not_read(text: str) -> None:
    began = time.process_time()
    (finding,) = parse_yaml(text, PATH).findings
    assert (finding.rule, finding.line) == ("too-large", 1)
    assert time.process_time() - began < 2


def test_a_file_larger_than_github_takes_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "most.yml").write_bytes(b"#" * MAX_BYTES)
    (tmp_path / "more.yml").write_bytes(b"#" * (MAX_BYTES + 1))
    assert read_yaml(tmp_path / "most.yml").findings == ()
    (finding,) = read_yaml(tmp_path / "more.yml").findings
    assert (finding.rule, finding.message) == (
        "too-large",
        "larger than the 500 kB that GitHub takes",
    )


@pytest.mark.parametrize("digits", ["9" * 5000, "9" * 400, f"0x{'f' * 5000}"])
def test_numbers_beyond_a_float_are_infinite(digits: str) -> None:
    assert parse_yaml(f"a: {digits}\n", PATH).data == {"a": float("inf")}
    if not digits.startswith("0x"):
        assert parse_yaml(f"a: -{digits}\n", PATH).data == {"a": float("-inf")}
