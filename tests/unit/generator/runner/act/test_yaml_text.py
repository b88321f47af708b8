"""What act is told comes out as it went in, whatever characters it has."""

from __future__ import annotations

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from generator.runner.act.yaml_text import dump_yaml

TEXTS = st.text(st.characters(codec="utf-8"))


# YAML takes no key of more than 1,024 characters, and those of files here are names.
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=9), TEXTS))
@example({"smile": "\U0001f600", "escaped": "\\ud83d\\ude00", "both": "\\\U0001f600"})
@example({"controls": "\x00\x07\x1b\x7f\x85\u2028\ufeff\uffff"})
def test_yaml_reads_what_was_dumped(values: dict[str, str]) -> None:
    text = dump_yaml(values)
    assert text.isascii()
    assert yaml.load(text, yaml.CSafeLoader) == values
