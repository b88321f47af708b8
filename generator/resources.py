"""What travels with the tool: templates, schema, the training, the licence, requirements.

A wheel carries `generator`, `pipeline` and `templates` in one package of its own; in a
checkout they lie side by side at the top. Either way they are each other's neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from .errors import WfgenError

# Its name for pip. On PyPI `wfgen` is another project, and this one is not there: no
# hint may send anybody to an index for either name.
DISTRIBUTION = "wfgen-actions"
# Every extra that a command of ours can need, "" for what is always installed.
EXTRAS = ("", "local", "train", "files", "boost", "scale")
# Where the name to import is not the name to install in small letters.
_DISTRIBUTIONS = {
    "graphql": "graphql-core",
    "jsonschema_rs": "jsonschema-rs",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
_PACKAGE = Path(__file__).parent
_NEIGHBOURS = _PACKAGE.parent
_REINSTALL = "install this tool again"
# name[extras] (versions); markers - with or without the brackets, as metadata has it
# (packaging.python.org, "Dependency specifiers").
# Compiled where used: every command imports this, few of them name a library.
_REQUIREMENT = (
    r"(?P<name>[\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?(?P<versions>[^;)]*)\)?"
    r"\s*(?:;\s*(?P<markers>.*))?"
)
_EXTRA = r"extra\s*==\s*['\"]([\w-]+)"


def templates_dir() -> Path:
    """Return the folder of the built-in templates; raises WfgenError where it is not there."""
    folder = _NEIGHBOURS / "templates"
    if (folder / "train.yml.j2").is_file():
        return folder
    raise WfgenError("the built-in templates are missing", hint=_REINSTALL)


def schema_file() -> Path:
    """Return the vendored JSON schema of GitHub workflows (SchemaStore, Apache-2.0)."""
    return _PACKAGE / "schemas" / "github-workflow.json"


def action_schema_file() -> Path:
    """Return the vendored JSON schema of actions (SchemaStore, Apache-2.0)."""
    return _PACKAGE / "schemas" / "github-action.json"


def scenario_schema_file() -> Path:
    """The JSON schema of the timelines that `wfgen simulate` reads and writes."""
    return _PACKAGE / "schemas" / "scenario.json"


def pipeline_dir() -> Path:
    """Return the training package, which is installed beside this one and never imported by it.

    Raises WfgenError where it is not there.
    """
    folder = _NEIGHBOURS / "pipeline"
    if (folder / "__main__.py").is_file():
        return folder
    raise WfgenError("the training package is missing", hint=_REINSTALL)


def read_locked_requirements() -> str:
    """Return the locked, hashed requirements of the training.

    A link beside the templates carries them into the wheel.
    """
    return _read_first([templates_dir() / "requirements.txt"])


def read_license() -> str:
    """Return the licence that a copy of the training package has to carry."""
    pattern = f"{DISTRIBUTION.replace('-', '_')}-*.dist-info/licenses/LICENSE"
    installed = _NEIGHBOURS.parent.glob(pattern)
    return _read_first([_NEIGHBOURS / "LICENSE", *installed])


def required_by(extra: str) -> dict[str, str]:
    """Return library -> tested range of one extra ("" for what is always installed).

    Empty where the metadata of this tool is not installed.
    """
    # Reading metadata loads the e-mail package; a render goes without.
    from importlib import metadata  # noqa: PLC0415 - see above

    try:
        lines = metadata.requires(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return {}
    return parse_requirements(lines or [], extra)


def parse_requirements(lines: Iterable[str], extra: str) -> dict[str, str]:
    """Return library -> tested range, out of the `Requires-Dist` lines of one extra.

    "" stands for the lines of none. An extra that takes in others of this tool
    (`[train]` in `dev`) does not repeat what they list.
    """
    requirements: dict[str, str] = {}
    for line in lines:
        match = re.fullmatch(_REQUIREMENT, line)
        if match is None or match["name"] == DISTRIBUTION:
            continue
        marker = re.search(_EXTRA, match["markers"] or "")
        line_extra = ""
        if marker:
            line_extra = marker[1]
        if line_extra == extra:
            requirements[match["name"]] = match["versions"].replace(" ", "")
    return requirements


def install_command(extra: str) -> str:
    """Return the command that brings an extra's libraries.

    It names them one by one: this tool is on no package index, and what is there under
    a like name is not it.
    """
    import shlex  # noqa: PLC0415  # a library that is missing is seldom told of

    requirements = required_by(extra)
    if not requirements:
        return f"pip install '.[{extra}]' in a clone of this tool"
    names = [shlex.quote(name + versions) for name, versions in requirements.items()]
    return f"pip install {' '.join(names)}"


def suggest_install(module: str, default_extra: str) -> str:
    """Return the command that brings a module that could not be imported.

    Whatever needs it may need its neighbours: all of the extra that lists it is named,
    `default_extra` where none does.
    """
    top = module.partition(".")[0]
    distribution = _DISTRIBUTIONS.get(top, top.lower())
    for extra in EXTRAS:
        if distribution in required_by(extra):
            return install_command(extra)
    return install_command(default_extra)


def _read_first(files: list[Path]) -> str:
    for file in files:
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise WfgenError(f"{files[0].name} of this tool is missing", hint=_REINSTALL)
