"""(template, Settings) -> Rendered(path, text): pure, an undefined name is an error.

Delimiters are `<% %>`, `<%= %>` and `<# #>`: Jinja's own would eat GitHub's `${{ }}`.
Templates are sandboxed: one of the user's can use the settings and our filters, and
reach nothing else of this process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..config import options
from ..config.derived import list_notification_ways
from ..config.settings import Settings
from ..errors import SettingsError
from ..resources import templates_dir
from . import yaml
from .bytecode import open_bytecode_cache
from .context import build_context
from .header import Rendered, write_header

WORKFLOWS = ".github/workflows/"
SCRIPTS = ".github/scripts/"
# What a template can raise beside Jinja's own, by what it computes.
_TEMPLATE_ERRORS = (
    jinja2.TemplateError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)


def render_all(settings: Settings, root: Path) -> tuple[Rendered, ...]:
    """Render every file that the settings ask for.

    `root` is where `templates_dir` starts. Raises SettingsError where a template of the
    user's is at fault.
    """
    renderer = _Renderer(settings, root)
    files = []
    for template, path in plan_files(settings).items():
        files.append(renderer.render(template, path))
    return tuple(files)


def render_page(
    template: str, path: str, settings: Settings, root: Path, more: Mapping[str, object]
) -> Rendered:
    """Render a file beyond the workflow and its scripts, from more than the settings.

    Raises SettingsError as render_all.
    """
    return _Renderer(settings, root).render(template, path, more.items())


def plan_files(settings: Settings) -> dict[str, str]:
    """Map each template that is rendered to the path of what it renders."""
    files = {"train.yml.j2": WORKFLOWS + settings[options.WORKFLOW]}
    script = "keep_state.py"
    if settings[options.STORE] == "artifact":
        script = "find_state.py"
    files[f"{script}.j2"] = SCRIPTS + script
    if settings[options.STATE_PATHS]:
        files["place_state.py.j2"] = SCRIPTS + "place_state.py"
    if settings[options.WORKFLOWS_CI]:
        files["ci.yml.j2"] = WORKFLOWS + "ci.yml"
    if settings[options.WORKFLOWS_KEEPALIVE]:
        files["keepalive.yml.j2"] = WORKFLOWS + "keepalive.yml"
        files["keep_alive.py.j2"] = SCRIPTS + "keep_alive.py"
    if settings[options.WORKFLOWS_WATCHDOG]:
        files["watchdog.yml.j2"] = WORKFLOWS + "watchdog.yml"
        files["watch_schedule.py.j2"] = SCRIPTS + "watch_schedule.py"
    if list_notification_ways(settings):
        files["notify.py.j2"] = SCRIPTS + "notify.py"
    return files


class _Renderer:
    """Templates of one repository, and what they know."""

    def __init__(self, settings: Settings, root: Path) -> None:
        folder = settings[options.TEMPLATES_DIR]
        self._settings = settings
        self._environment = _make_environment(root / folder if folder else None)
        self._context = build_context(settings, root)

    def render(
        self, template: str, path: str, more: Iterable[tuple[str, object]] = ()
    ) -> Rendered:
        """Render one template. Raises SettingsError."""
        try:
            loaded = self._environment.get_template(template)
            body = loaded.render({**self._context, **dict(more)})
        except jinja2.TemplateNotFound as error:
            raise SettingsError(f"there is no template {error.name}") from error
        except RecursionError as error:
            raise SettingsError(
                f"{template} extends or includes itself",
                hint=f"ours is called wfgen/{template}",
            ) from error
        except _TEMPLATE_ERRORS as error:
            raise SettingsError(_describe_error(template, error)) from error
        text = write_header(template, self._settings.digest, body) + body
        return Rendered(path, text, template)


def _describe_error(template: str, error: Exception) -> str:
    """Return template, line and reason of an error in a template."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.name or template}:{error.lineno}: {error.message}"
    line, name = 0, template
    # Jinja gives compiled templates their own file names and lines; the innermost one
    # is where it happened.
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            name, line = Path(file).name, trace.tb_lineno
        trace = trace.tb_next
    return f"{name}:{line}: {error}"


def _make_loader(own: Path | None) -> jinja2.BaseLoader:
    """Load templates by name.

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
    prefixed = jinja2.PrefixLoader({"wfgen": ours})
    return jinja2.ChoiceLoader([jinja2.FileSystemLoader(own), prefixed, ours])


def _make_environment(own: Path | None) -> jinja2.Environment:
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
        # A misspelt name would otherwise render as nothing.
        undefined=jinja2.StrictUndefined,
        loader=_make_loader(own),
        # No template changes while one process renders.
        auto_reload=False,
        bytecode_cache=open_bytecode_cache(os.environ),
    )
    environment.filters |= {
        "block": yaml.format_block,
        "literal": yaml.escape_expressions,
        "one_or_list": yaml.unwrap_single,
        "script": yaml.format_script,
        "yaml": yaml.format_scalar,
    }
    return environment
