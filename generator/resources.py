"""Where the files that travel with the package are, in an installed wheel and in a checkout alike."""

from __future__ import annotations

from pathlib import Path

from generator.errors import WfgenError

_SENTINEL = "train.yml.j2"
_PACKAGE = Path(__file__).parent


def templates_dir() -> Path:
    """The folder of the built-in templates.

    A wheel carries them as `generator/_templates`; a checkout has them at the top as `templates`.
    """
    for folder in (_PACKAGE / "_templates", _PACKAGE.parent / "templates"):
        if (folder / _SENTINEL).is_file():
            return folder
    raise WfgenError("the built-in templates are missing", hint="install wfgen again")


def schema_file() -> Path:
    """The vendored JSON schema of GitHub workflows (SchemaStore, Apache-2.0)."""
    return _PACKAGE / "schemas" / "github-workflow.json"
