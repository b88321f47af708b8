"""Prints where a Python of this machine is: on PATH, of pyenv, of uv or in a tool cache."""

from __future__ import annotations

import os
import sys

from wfgen_actions.generator.runner.act.host_environment import list_pythons

wanted = sys.argv[1]
for version, path in list_pythons(os.environ):
    if f"{version}.".startswith(f"{wanted}."):
        sys.stdout.write(f"{path}\n")
        break
