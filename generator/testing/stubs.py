"""Steps that a test plays itself: what they put out and write, in place of their own work."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..errors import SettingsError

_DROPPED = ("uses", "with", "working-directory")
# No line of a script is that.
_END = "WFGEN-END-OF-OUTPUT"


@dataclass(frozen=True, slots=True)
class Stub:
    """What a step does instead: outputs, files by their paths, and how it ends."""

    outputs: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    exit_code: int = 0

    def write_script(self) -> str:
        """Return a script for `sh` that does it."""
        lines = []
        for path, text in self.files.items():
            folder = str(PurePosixPath(path).parent)
            lines.append(f"mkdir -p {shlex.quote(folder)}")
            lines.append(f"printf %s {shlex.quote(text)} > {shlex.quote(path)}")
        for name, value in self.outputs.items():
            # The form that takes any text (docs.github.com, "Multiline strings").
            entry = f"{name}<<{_END}\n{value}\n{_END}\n"
            lines.append(f'printf %s {shlex.quote(entry)} >> "$GITHUB_OUTPUT"')
        lines.append(f"exit {self.exit_code}")
        return "\n".join(lines) + "\n"


def apply_stubs(data: dict[str, Any], stubs: Mapping[str, Stub]) -> None:
    """Put stubs in the place of steps, by their names or ids.

    Raises SettingsError for a stub whose step is not there.
    """
    left = dict(stubs)
    names = []
    for job in data["jobs"].values():
        for step in job.get("steps") or ():
            for key in (step.get("name"), step.get("id")):
                if key:
                    names.append(str(key))
                if key in stubs:
                    left.pop(key, None)
                    for dropped in _DROPPED:
                        step.pop(dropped, None)
                    step["run"] = stubs[key].write_script()
                    step["shell"] = "sh"
    for name in left:
        raise SettingsError(
            f"no step is called {name!r}", hint=f"there are: {', '.join(names)}"
        )
