"""(template, Settings) -> Rendered(path, text): pure, an undefined name is an error.

Delimiters are `<% %>`, `<%= %>` and `<# #>`: Jinja's own would eat GitHub's `${{ }}`.
Templates are sandboxed: one of the user's can use the settings and our filters, and
reach nothing else of this process.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .. import __version__
from ..config.settings import Settings
from ..errors import SettingsError
from ..resources import templates_dir
from . import yaml as emit
from .context import context, notifies

if TYPE_CHECKING:
    from jinja2.bccache import Bucket

WORKFLOWS = ".github/workflows/"
SCRIPTS = ".github/scripts/"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file to be: `path` relative to the repository's root, with `/`; `text` with its header."""

    path: str
    text: str
    template: str


_HEADER = re.compile(
    r"(?:# |<!-- )Written by wfgen (\S+) from (\S+) with settings ([0-9a-f]+), body ([0-9a-f]+)\.(?: -->)?\n"
)


def render_all(settings: Settings, root: Path) -> tuple[Rendered, ...]:
    """Every file that the settings ask for; `root` is where `templates_dir` starts.

    Raises SettingsError where a template of the user's is at fault.
    """
    environment = _environment(
        root / settings.text("templates_dir") if settings["templates_dir"] else None
    )
    values = context(settings, root)
    return tuple(
        _render(environment, template, path, settings, values)
        for template, path in renderings(settings).items()
    )


def renderings(settings: Settings) -> dict[str, str]:
    """Template -> path of what it renders."""
    files = {
        "train.yml.j2": WORKFLOWS + settings.text("workflow"),
    }
    script = "find_state.py" if settings["store"] == "artifact" else "keep_state.py"
    files[f"{script}.j2"] = SCRIPTS + script
    if settings["workflows.ci"]:
        files["ci.yml.j2"] = WORKFLOWS + "ci.yml"
    if settings["workflows.keepalive"]:
        files["keepalive.yml.j2"] = WORKFLOWS + "keepalive.yml"
        files["keep_alive.py.j2"] = SCRIPTS + "keep_alive.py"
    if notifies(settings):
        files["notify.py.j2"] = SCRIPTS + "notify.py"
    return files


def _render(
    environment: jinja2.Environment,
    template: str,
    path: str,
    settings: Settings,
    values: dict[str, object],
) -> Rendered:
    try:
        body = environment.get_template(template).render(values)
    except jinja2.TemplateNotFound as error:
        raise SettingsError(f"there is no template {error.name}") from error
    except RecursionError as error:
        raise SettingsError(
            f"{template} extends or includes itself",
            hint=f"ours is called wfgen/{template}",
        ) from error
    except (
        jinja2.TemplateError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise SettingsError(_template_fault(template, error)) from error
    return Rendered(path, header(template, settings, body) + body, template)


def _template_fault(template: str, error: Exception) -> str:
    """Template, line and reason of a fault in a template."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.name or template}:{error.lineno}: {error.message}"
    line, name = 0, template
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            name, line = Path(trace.tb_frame.f_code.co_filename).name, trace.tb_lineno
        trace = trace.tb_next
    return f"{name}:{line}: {error}"


def render_page(
    template: str, path: str, settings: Settings, root: Path, more: Mapping[str, object]
) -> Rendered:
    """A file beyond the workflow and its scripts, from more than the settings.

    Raises SettingsError as render_all.
    """
    environment = _environment(
        root / settings.text("templates_dir") if settings["templates_dir"] else None
    )
    return _render(
        environment, template, path, settings, {**context(settings, root), **more}
    )


def header(template: str, settings: Settings, body: str) -> str:
    """What tells a rendered file from any other, and an edited one from an untouched one."""
    start, end = ("<!-- ", " -->") if template.endswith(".md.j2") else ("# ", "")
    return (
        f"{start}Written by wfgen {__version__} from {template} with settings {settings.digest}, "
        f"body {digest(body)}.{end}\n"
        f"{start}Change the settings and run `wfgen render` again: a file edited by hand is not overwritten.{end}\n"
    )


def digest(body: str) -> str:
    """The hash in the header of what stands below it."""
    return sha256(body.encode()).hexdigest()[:12]


def is_ours(text: str) -> bool:
    """Whether wfgen wrote the file."""
    return _HEADER.match(text) is not None


def template_of(text: str) -> str:
    """The template a file was rendered from; "" for a file wfgen did not write."""
    match = _HEADER.match(text)
    return match[2] if match else ""


def is_untouched(text: str) -> bool:
    """Whether the file is as wfgen wrote it, whichever version and settings that was."""
    match = _HEADER.match(text)
    if match is None:
        return False
    body = text[match.end() :].partition("\n")[2]
    return digest(body) == match[4]


class _Bytecode(jinja2.BytecodeCache):
    """Compiled templates in the user's cache folder.

    Compiling costs more than all the rest of a rendering.

    Jinja checks the Python version and a hash of the source itself. A cache that cannot
    be used is done without.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self, bucket: Bucket) -> Path:
        return (
            self.folder
            / f"{__version__}-{sys.implementation.cache_tag}-{bucket.key}.jinja"
        )

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file."""
        # Whatever is wrong with a file of a cache, the template is there to be compiled again.
        with contextlib.suppress(Exception), self._file(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket aside, then move it into place."""
        path = self._file(bucket)
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = path.with_suffix(f".{os.getpid()}")
            aside.write_bytes(bucket.bytecode_to_string())
            aside.replace(path)


def _bytecode(env: Mapping[str, str]) -> _Bytecode | None:
    """The cache in `WFGEN_CACHE_DIR`, else where the XDG base directory specification puts it.

    None without a home.
    """
    try:
        caches = Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return None
    return _Bytecode(Path(env.get("WFGEN_CACHE_DIR") or caches / "wfgen"))


def _loader(own: Path | None) -> jinja2.BaseLoader:
    """Templates by name.

    The user's before ours; ours also as `wfgen/NAME`, for the user's to extend.
    """
    ours = jinja2.FileSystemLoader(templates_dir())
    if own is None:
        return ours
    if not own.is_dir():
        raise SettingsError(
            f"templates_dir {own} is no folder",
            hint="`wfgen templates show NAME` prints one to start from",
        )
    return jinja2.ChoiceLoader(
        [jinja2.FileSystemLoader(own), jinja2.PrefixLoader({"wfgen": ours}), ours]
    )


def _environment(own: Path | None) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<%=",
        variable_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        loader=_loader(own),
        auto_reload=False,
        bytecode_cache=_bytecode(os.environ),
    )
    environment.filters |= {
        "block": emit.yaml_block,
        "literal": emit.literal,
        "one_or_list": emit.one_or_list,
        "script": emit.script,
        "yaml": emit.yaml_scalar,
    }
    return environment
