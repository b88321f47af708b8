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


def pipeline_dir() -> Path:
    """The training package, which is installed beside this one and never imported by it."""
    folder = _PACKAGE.parent / "pipeline"
    if (folder / "__main__.py").is_file():
        return folder
    raise WfgenError("the training package is missing", hint="install wfgen again")


def locked_requirements() -> str:
    """The locked, hashed requirements of the training; a link beside the templates carries them into the wheel."""
    return _first_text(templates_dir() / "requirements.txt")


def license_text() -> str:
    """The licence that a copy of the training package has to carry."""
    installed = _PACKAGE.parent.glob("wfgen-*.dist-info/licenses/LICENSE")
    return _first_text(_PACKAGE.parent / "LICENSE", *installed)


def _first_text(*files: Path) -> str:
    for file in files:
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise WfgenError(f"{files[0].name} of wfgen is missing", hint="install wfgen again")
