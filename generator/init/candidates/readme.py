"""Commands in the fenced blocks of a README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .commands import find_script, is_training, is_work, list_variables, split_commands
from .project import list_programs
from .python_source import read_text
from .record import Candidate

_NAMES = ("README.md", "readme.md", "Readme.md", "README.rst", "README.txt", "README")
_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PROMPT = re.compile(r"^\s*(?:\$|>|%)\s+", re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[\w -]+>|\bpath/to\b|\.\.\.")


def find_in_readme(root: Path) -> Iterator[Candidate]:
    """Yield the commands that train."""
    programs = list_programs(root)
    for name in _NAMES:
        text = read_text(root / name)
        for block in _BLOCK.findall(text):
            for command, written in split_commands(_PROMPT.sub("", block)):
                if not is_work(command, programs):
                    continue
                script = find_script(command, root)
                if not is_training(command, script, root):
                    continue
                missing = (*list_variables(written), *_PLACEHOLDER.findall(written))
                reason = "it says to run this"
                yield Candidate(written, name, reason, 3, script, missing)
        if text:
            return
