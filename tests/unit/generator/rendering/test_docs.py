"""The page that documents the workflow.

Both languages whole, quoted word for word, never out of date unnoticed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from generator.cli import main
from generator.config.settings import load
from generator.errors import SettingsError
from generator.rendering import phrases
from generator.rendering.header import is_untouched
from generator.rendering.phrases import LANGUAGES
from generator.rendering.render import render_all
from generator.rendering.workflow_docs import TEMPLATES, render_docs

GOLDEN = Path(__file__).parents[3] / "golden" / "docs"
FULL = """
name = "Learn *all* <night> | long"
branches = ["main", "release/*"]
retention = 21
environment = "prod"
runner = ["self-hosted", "gpu"]
concurrency = "queue"
[schedule]
cron = ["17 4 * * MON-FRI", "5 */6 * * *"]
timezone = "Europe/Berlin"
[dataset]
source = "kaggle"
kaggle_json = true
[train]
command = 'python src/run.py -mode "update"'
loop = "each"
timeout = 31
env = {A = "x|y `z`", B = ""}
[notify]
issue = true
webhook = "SLACK_WEBHOOK"
command = "echo $EVENT"
on = ["failure", "recovery"]
[workflows]
keepalive = true
[artifacts]
extra = [{name = "plots", path = "out/*.png"}]
[[steps.after_train]]
name = "Draw"
run = "python draw.py"
[jobs.lint]
name = "Look it over"
steps = [{run = "ruff check"}]
"""
VARIANTS = {
    "default": "",
    "full": FULL,
    "release": 'store = "release"',
    "branch": 'store = "branch"',
    "cache": 'store = "cache"',
    "fanout": "fanout = {members = 3, merge = 'python merge.py'}",
    "by hand only": "[triggers]\npush = false\npull_request = false\nschedule = false",
    "own secrets": 'dataset = {source = "own", secrets = ["A", "B"]}',
    "nothing installed": 'dataset.source = "own"\ninstall.requirements = ""\nsummary = false',
}


def page(root: Path, toml: str, language: str = "en") -> str:
    (root / "wfgen.toml").write_text(toml, encoding="utf-8")
    found = load(root, {})
    return render_docs(
        TEMPLATES[language], "docs/x.md", found, root, render_all(found, root)
    ).text


def prose(text: str) -> str:
    """A page's body with what it quotes left out: another test holds that against the workflow."""
    return re.sub("(?ms)^```yaml\n.*?\n```$", "```yaml\n...\n```", body(text))


def body(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[2:])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", ["default", "full"])
def test_golden_files(variant: str, language: str, tmp_path: Path) -> None:
    golden = GOLDEN / f"{variant}.{language}.md.golden"
    assert prose(page(tmp_path, VARIANTS[variant], language)) == golden.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_languages_have_the_same_parts(variant: str, tmp_path: Path) -> None:
    shapes = []
    for language in LANGUAGES:
        text = page(tmp_path, VARIANTS[variant], language)
        assert is_untouched(text)
        shapes.append(
            [
                token.type + token.tag
                for token in MarkdownIt().enable("table").parse(text)
                if token.level == 0
            ]
        )
    assert shapes[0] == shapes[1]
    assert re.findall("[\u0400-\u04ff]", page(tmp_path, VARIANTS[variant], "en")) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_quotation_stands_in_the_workflow(variant: str, tmp_path: Path) -> None:
    text = page(tmp_path, VARIANTS[variant])
    files = render_all(load(tmp_path, {}), tmp_path)
    lines = {line.strip() for line in files[0].text.splitlines()}
    blocks = [
        token.content for token in MarkdownIt().parse(text) if token.type == "fence"
    ]
    assert len(blocks) >= 5
    assert [
        line
        for block in blocks
        for line in block.splitlines()
        if line.strip() not in lines
    ] == []
    quoted = {line.strip() for block in blocks for line in block.splitlines()}
    # Nothing that wfgen renders is left out; "Run a script" is a step of the user's own job.
    assert {line for line in lines if line.startswith("- name: ")} - quoted <= {
        '- name: "Run a script"'
    }


def test_sections_are_those_of_the_reference_document(tmp_path: Path) -> None:
    text = page(tmp_path, "", "ru")
    for title in (
        "## Обзор", "## Триггеры workflow", "## Переменные среды", "## Шаги выполнения",
        "### 1. Настройка окружения",
        "### 2. Настройка Kaggle API", "### 3. Восстановление состояния модели и данных",
        "### 4. Инкрементное обучение", "### 5. Загрузка артефактов", "## Управление артефактами",
        "## Требования и зависимости", "## Настройка",
    ):  # fmt: skip
        assert f"\n{title}\n" in text


def test_no_text_of_the_settings_becomes_markup(tmp_path: Path) -> None:
    toml = (
        'name = "<script>alert(1)</script> [x](http://e)"\n'
        'train.command = "a | b `c`"\ntrain.env = {X = "```"}'
    )
    html = MarkdownIt().enable("table").render(page(tmp_path, toml))
    assert "<script>" not in html
    assert "<a " not in html
    assert "a | b `c`" in html
    assert "```</code>" in html


MARKUP = st.text(alphabet="a1 `*_|<>#![]()~\\\\&$-\n", min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(name=MARKUP, value=MARKUP, script=MARKUP)
def test_no_text_changes_the_shape_of_the_page(
    name: str, value: str, script: str
) -> None:
    flags: dict[str, tuple[str, object]] = {
        "train.env": ("x", {"A": f"v{value}"}),
        "train.command": ("x", f"echo {script}"),
    }
    if name.strip() and name.isprintable():
        flags["name"] = ("x", name)
    found = load(Path("nowhere"), {}, flags)
    files = render_all(found, Path("nowhere"))
    text = render_docs(TEMPLATES["en"], "x.md", found, Path("nowhere"), files).text
    tokens = [
        token for token in MarkdownIt().enable("table").parse(text) if token.level == 0
    ]
    opened = [token.type + token.tag for token in tokens]
    counted = ("table_opentable", "heading_openh1", "heading_openh2", "fencecode")
    assert [opened.count(kind) for kind in counted] == [
        2, 1, 7, 6,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cron", "english", "russian"),
    [
        ("17 0 * * *", "every day at 00:17 (UTC)", "каждый день в 00:17 (UTC)"),
        ("5 * * * *", "every hour at minute 5", "каждый час на 5-й минуте"),
        ("0 */6 * * *", "every 6 hours at minute 0", "каждые 6 ч на 0-й минуте"),
        (
            "0 4 * * MON-FRI",
            "Monday to Friday at 04:00 (UTC)",
            "по будням в 04:00 (UTC)",
        ),
        (
            "0 4 * * 0,wed",
            "every Sunday and Wednesday at 04:00 (UTC)",
            "по воскресеньям и средам в 04:00 (UTC)",
        ),
        ("*/15 4 * * *", "by `*/15 4 * * *` (UTC)", "по cron `*/15 4 * * *` (UTC)"),
        ("0 4 1 * *", "by `0 4 1 * *` (UTC)", "по cron `0 4 1 * *` (UTC)"),
        ("0 4-6 * * *", "by `0 4-6 * * *` (UTC)", "по cron `0 4-6 * * *` (UTC)"),
        ("0 4 * * */2", "by `0 4 * * */2` (UTC)", "по cron `0 4 * * */2` (UTC)"),
    ],
)
def test_schedules_are_said_in_words(cron: str, english: str, russian: str) -> None:
    assert phrases.describe_schedule(cron, "", "en") == english
    assert phrases.describe_schedule(cron, "", "ru") == russian


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1 день"),
        (2, "2 дня"),
        (5, "5 дней"),
        (11, "11 дней"),
        (12, "12 дней"),
        (21, "21 день"),
        (34, "34 дня"),
    ],
)
def test_russian_days(number: int, words: str) -> None:
    assert phrases.count_days(number, "ru") == words


def test_code_survives_backticks() -> None:
    assert phrases.format_code("a") == "`a`"
    assert phrases.format_code("`a` ``b``") == "``` `a` ``b`` ```"
    assert phrases.format_cell("a|b") == "`a\\|b`"


def wfgen(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("WFGEN_CACHE_DIR", str(tmp_path / "cache"))
    return root


def test_render_checks_and_renews_the_pages_that_are_there(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("render") == 0
    assert wfgen("docs") == 0
    assert wfgen("docs", "--lang", "ru", "--output", "README.ru.md") == 0
    assert wfgen("render", "--check") == 0
    capsys.readouterr()
    (here / "wfgen.toml").write_text("retention = 9\n", encoding="utf-8")
    assert wfgen("render", "--check") == 1
    said = capsys.readouterr()
    assert "docs/workflow.md: out of date" in said.err
    assert "README.ru.md: out of date" in said.err
    assert "+| `model-state` | модель | `runtime/model/` | 9 дней |" in said.out
    assert wfgen("render") == 0
    assert wfgen("render", "--check") == 0


def test_markdown_of_others_is_left_alone(here: Path) -> None:
    (here / "README.md").write_bytes(b"\xff\xfe no text of ours")
    (here / "docs.md").mkdir()
    (here / "gone.md").symlink_to(here / "nowhere")
    assert wfgen("render") == 0
    assert wfgen("render", "--check") == 0


def test_a_page_is_printed_written_and_never_overwritten_when_edited(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("docs", "--output", "-") == 0
    assert capsys.readouterr().out.startswith("<!-- Written by wfgen ")
    assert list(here.iterdir()) == []
    assert wfgen("docs") == 0
    assert wfgen("docs") == 0
    assert (
        capsys.readouterr().out
        == "wrote      docs/workflow.md\nunchanged  docs/workflow.md\n"
    )
    path = here / "docs/workflow.md"
    path.write_text(path.read_text(encoding="utf-8") + "mine\n", encoding="utf-8")
    assert wfgen("docs") == 2
    assert "docs/workflow.md is edited by hand" in capsys.readouterr().err
    assert wfgen("docs", "--force") == 0
    assert "mine" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--output", "../x.md"], "must be a Markdown file (.md) below"),
        (["--output", "x.txt"], "must be a Markdown file (.md) below"),
        (["--lang", "de"], "'de' is not one of 'en', 'ru'"),
        (["nowhere"], "does not exist"),
    ],
)
def test_bad_input_is_a_line(
    words: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wfgen("docs", *words) == 2
    assert said in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_template_of_ones_own_comes_first(here: Path) -> None:
    (here / "own").mkdir()
    (here / "own/docs_en.md.j2").write_text(
        "# <%= plain(name) %>: <%= days(retention) %>\n", encoding="utf-8"
    )
    (here / "wfgen.toml").write_text('templates_dir = "own"\n', encoding="utf-8")
    assert wfgen("docs", "--output", "own.md") == 0
    assert (
        body((here / "own.md").read_text(encoding="utf-8"))
        == "# Incremental training: 5 days\n"
    )


def test_a_page_from_an_unknown_template_is_named(tmp_path: Path) -> None:
    found = load(tmp_path, {})
    with pytest.raises(SettingsError, match="docs_de"):
        render_docs(
            "docs_de.md.j2", "docs/x.md", found, tmp_path, render_all(found, tmp_path)
        )


@pytest.mark.parametrize("name", ["docs", "doctor", "init", "pins"])
def test_every_flag_of_these_commands_is_described(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    described = (GOLDEN.parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    section = described.partition(f"## `wfgen {name}")[2].partition("\n## ")[0]
    assert wfgen(name, "--help") == 0
    flags = set(
        re.findall(r"--[a-z-]+", capsys.readouterr().out.partition("Options:")[2])
    ) - {"--help"}
    assert [flag for flag in sorted(flags) if f"{flag}" not in section] == []
