"""How the training is started where it runs, for hints that people paste into a shell.

A checkout has this package as `pipeline`, the wheel as `wfgen_actions.pipeline`, and a
repository that copied it under any name.
"""

from __future__ import annotations

PACKAGE = __name__.removesuffix(".program")
COMMAND = f"python -m {PACKAGE}"
