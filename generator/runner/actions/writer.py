"""Writes the folders that act takes for actions: an `action.yml` that runs a stand-in."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .registry import StandIn, list_stand_ins

# What `-I` needs on its path to import this package, under whatever name it is installed.
_PACKAGE_PARENT = Path(__file__).parents[__name__.count(".")]

ActionYaml = dict[str, Any]
"""What an `action.yml` says."""


@dataclass(frozen=True, slots=True)
class StandInWriter:
    """Writes stand-ins that run with `python` and get `variables`, which no other step does.

    act calls only actions of node again after the job's steps. Without `has_node`, the
    part of a stand-in that comes after them is left out. `server` is the socket of a
    fork server that is to run them, None for none.
    """

    variables: Mapping[str, str]
    has_node: bool
    python: str = sys.executable
    server: Path | None = None

    def write(self, repository: str, folder: Path) -> Path:
        """Write the folder that stands in for a repository of actions; return it."""
        for name, stand_in in list_stand_ins(repository).items():
            target = folder / name
            target.mkdir(parents=True, exist_ok=True)
            title = f"Stand-in for {repository}"
            if name:
                title += f"/{name}"
            if stand_in.post_function and self.has_node:
                action = self._make_node_action(title, stand_in)
                self._write_scripts(stand_in, target)
            else:
                action = self._make_composite_action(title, stand_in)
            # JSON is YAML, and quotes whatever the paths hold.
            text = json.dumps(action, indent=2)
            (target / "action.yml").write_text(text, encoding="utf-8")
        return folder

    def _make_composite_action(self, title: str, stand_in: StandIn) -> ActionYaml:
        outputs = {}
        for name in stand_in.outputs:
            value = f"${{{{ steps.stand-in.outputs.{name} }}}}"
            outputs[name] = {"description": name, "value": value}
        step = {
            "id": "stand-in",
            "name": title,
            # -I and -S: neither the job's environment nor a package changes what runs.
            "shell": self._choose_shell(),
            "env": {"WFGEN_INPUTS": "${{ toJSON(inputs) }}", **self.variables},
            "run": make_script(stand_in.module, stand_in.function),
        }
        action = make_action_head(title, stand_in)
        action["outputs"] = outputs
        action["runs"] = {"using": "composite", "steps": [step]}
        return action

    def _choose_shell(self) -> str:
        """Return what act is to run a script with; `{0}` stands for its path."""
        words = [self.python, "-I", "-S"]
        if self.server is not None:
            words += [str(Path(__file__).with_name("fork_client.py")), str(self.server)]
        return f"{shlex.join(words)} {{0}}"

    def _make_node_action(self, title: str, stand_in: StandIn) -> ActionYaml:
        action = make_action_head(title, stand_in)
        action["outputs"] = {name: {"description": name} for name in stand_in.outputs}
        action["runs"] = {
            "using": "node20",
            "main": "main.js",
            "post": "post.js",
            "post-if": "success()",
        }
        return action

    def _write_scripts(self, stand_in: StandIn, folder: Path) -> None:
        """Write the two scripts of a node action, which only start Python."""
        functions = {"main": stand_in.function, "post": stand_in.post_function}
        variables = json.dumps(dict(self.variables))
        options = f"{{stdio: 'inherit', env: {{...process.env, ...{variables}}}}}"
        for name, function in functions.items():
            script = make_script(stand_in.module, function)
            arguments = json.dumps(["-I", "-S", "-c", script])
            call = f"spawnSync({json.dumps(self.python)}, {arguments}, {options})"
            text = (
                "const {spawnSync} = require('node:child_process');\n"
                f"process.exit({call}.status ?? 1);\n"
            )
            (folder / f"{name}.js").write_text(text, encoding="utf-8")


def make_script(module: str, function: str) -> str:
    """Return the Python that calls a function of a stand-in."""
    return (
        "import sys\n"
        f"sys.path.insert(0, {str(_PACKAGE_PARENT)!r})\n"
        f"from {__package__}.stand_ins.{module} import {function}\n"
        f"sys.exit({function}())\n"
    )


def make_action_head(title: str, stand_in: StandIn) -> ActionYaml:
    """Return the part of an `action.yml` that does not depend on how it runs."""
    inputs = {}
    for name, default in stand_in.inputs.items():
        inputs[name] = {"description": name, "default": default}
    return {
        "name": title,
        "description": "Written by wfgen for one run.",
        "inputs": inputs,
    }
