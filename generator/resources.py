"""What travels with the tool.

Templates, schema, the training, the licence, and the requirements of the extras.

A wheel carries `generator`, `pipeline` and `templates` in one package of its own; in a
checkout they lie side by side at the top. Either way they are each other's neighbours.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from .errors import WfgenError

DISTRIBUTION = "wfgen-actions"
"""Its name for pip. On PyPI `wfgen` is another project."""
_PACKAGE = Path(__file__).parent
_NEIGHBOURS = _PACKAGE.parent
_REINSTALL = "install this tool again"
_REQUIREMENT = re.compile(
    r"([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;\s*(.*))?"
)
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)")


def templates_dir() -> Path:
    """The folder of the built-in templates."""
    folder = _NEIGHBOURS / "templates"
    if (folder / "train.yml.j2").is_file():
        return folder
    raise WfgenError("the built-in templates are missing", hint=_REINSTALL)


def schema_file() -> Path:
    """The vendored JSON schema of GitHub workflows (SchemaStore, Apache-2.0)."""
    return _PACKAGE / "schemas" / "github-workflow.json"


def pipeline_dir() -> Path:
    """The training package, which is installed beside this one and never imported by it."""
    folder = _NEIGHBOURS / "pipeline"
    if (folder / "__main__.py").is_file():
        return folder
    raise WfgenError("the training package is missing", hint=_REINSTALL)


def locked_requirements() -> str:
    """The locked, hashed requirements of the training.

    A link beside the templates carries them into the wheel.
    """
    return _read_first(templates_dir() / "requirements.txt")


def license_text() -> str:
    """The licence that a copy of the training package has to carry."""
    pattern = f"{DISTRIBUTION.replace('-', '_')}-*.dist-info/licenses/LICENSE"
    installed = _NEIGHBOURS.parent.glob(pattern)
    return _read_first(_NEIGHBOURS / "LICENSE", *installed)


def required_by(extra: str) -> dict[str, str]:
    """Library -> tested range, of one extra ("" for what is always installed).

    Empty where nothing is installed.
    """
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        lines = []
    return parse_requirements(lines, extra)


def parse_requirements(lines: Iterable[str], extra: str) -> dict[str, str]:
    """Library -> tested range.

    Out of the `Requires-Dist` lines of one extra ("" for those of none).
    """
    found: dict[str, str] = {}
    for line in lines:
        match = _REQUIREMENT.fullmatch(line)
        if match is None or match[1] == DISTRIBUTION:
            continue
        of = _EXTRA.search(match[3] or "")
        named = of[1] if of else ""
        if named == extra:
            found[match[1]] = match[2].replace(" ", "")
    return found


def install_command(extra: str) -> str:
    """The command that brings an extra's libraries.

    It names them one by one: this tool is on no package index, and what is there under
    a like name is not it.
    """
    wanted = [
        shlex.quote(name + versions) for name, versions in required_by(extra).items()
    ]
    return (
        f"pip install {' '.join(wanted)}"
        if wanted
        else f"pip install '.[{extra}]' in a clone of this tool"
    )


def _read_first(*files: Path) -> str:
    for file in files:
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise WfgenError(f"{files[0].name} of this tool is missing", hint=_REINSTALL)
