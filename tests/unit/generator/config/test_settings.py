"""Settings: where each value comes from, and what is said of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.config.options import BY_KEY, CI_WFGEN, OPTIONS
from generator.config.settings import Settings, load
from generator.config.toml_files import find_line
from generator.errors import SettingsError


def with_file(root: Path, text: str, name: str = "wfgen.toml") -> Settings:
    (root / name).write_text(text, encoding="utf-8")
    return load(root, {})


def mistakes(root: Path, text: str, name: str = "wfgen.toml") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        with_file(root, text, name)
    assert caught.value.exit_code == 2
    return [line.strip() for line in caught.value.message.splitlines()]


def test_defaults_are_those_of_the_table(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    assert {key: value.value for key, value in settings.values.items()} == {
        o.key: o.default for o in OPTIONS
    }
    assert {value.source for value in settings.values.values()} == {"default"}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_every_default_is_a_value_its_type_takes(option: object) -> None:
    assert option in OPTIONS
    for known in OPTIONS:
        assert known.value_type.parse(known.default) == known.default


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    (tmp_path / "wfgen.toml").write_text(
        "iterations = 4\nretention = 8\npython = '3.11'\n", encoding="utf-8"
    )
    env = {"WFGEN_RETENTION": "9", "WFGEN_PYTHON": "3.13", "HOME": "/"}
    settings = load(tmp_path, env, {"python": ("--python", "3.14")})
    assert {
        key: settings[BY_KEY[key]]
        for key in ("timeout", "iterations", "retention", "python")
    } == {
        "timeout": 60,
        "iterations": 4,
        "retention": 9,
        "python": "3.14",
    }
    sources = [
        settings.get_source(BY_KEY[key])
        for key in ("timeout", "iterations", "retention", "python")
    ]
    assert sources == [
        "default",
        "wfgen.toml:1",
        "environment WFGEN_RETENTION",
        "flag --python",
    ]


def test_pyproject_is_read_where_there_is_no_file_of_its_own(tmp_path: Path) -> None:
    text = (
        "[project]\nname = 'x'\n\n[tool.wfgen]\niterations = 4\n"
        "[tool.wfgen.schedule]\ncron = '0 3 * * *'\n"
    )
    settings = with_file(tmp_path, text, "pyproject.toml")
    assert (
        settings[BY_KEY["iterations"]],
        settings.get_source(BY_KEY["iterations"]),
    ) == (
        4,
        "pyproject.toml:5",
    )
    assert (
        settings[BY_KEY["schedule.cron"]],
        settings.get_source(BY_KEY["schedule.cron"]),
    ) == (
        ("0 3 * * *",),
        "pyproject.toml:7",
    )


def test_settings_in_two_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "wfgen.toml").write_text("iterations = 4\n", encoding="utf-8")
    assert (
        "keep one of the two"
        in mistakes(tmp_path, "[tool.wfgen]\niterations = 5\n", "pyproject.toml")[0]
    )


def test_the_table_of_the_training_is_left_to_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.wfgen]\niterations = 5\n", encoding="utf-8"
    )
    settings = with_file(
        tmp_path, "[pipeline]\nsource = 'kaggle:x/y'\nbatch_rows = 10\n"
    )
    assert settings[BY_KEY["iterations"]] == 5


def test_an_unknown_key_is_named_with_its_place_and_the_one_that_was_meant(
    tmp_path: Path,
) -> None:
    text = "iterations = 3\n\n[artifacts.model]\nretenton = 7\n"
    assert mistakes(tmp_path, text) == [
        (
            "wfgen.toml:4: artifacts.model.retenton is not a setting; "
            "did you mean artifacts.model.retention?"
        )
    ]
    text = "[tool.wfgen]\n# a comment\niteratons = 3\n"
    (tmp_path / "wfgen.toml").unlink()
    assert mistakes(tmp_path, text, "pyproject.toml") == [
        "pyproject.toml:3: tool.wfgen.iteratons is not a setting; did you mean iterations?"
    ]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "wfgen.toml").write_text(
        "retention = 91\nbranchs = 'x'\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError) as caught:
        load(
            tmp_path,
            {"WFGEN_TIMEOUT": "soon", "WFGEN_ITERATION": "3"},
            {"iterations": ("--iterations", "-1")},
        )
    assert [line.strip() for line in caught.value.message.splitlines()] == [
        "wfgen.toml:1: retention must be a whole number from 1 to 90, not 91",
        "wfgen.toml:2: branchs is not a setting; did you mean branches?",
        "environment: WFGEN_ITERATION is not a setting; did you mean WFGEN_ITERATIONS?",
        "environment WFGEN_TIMEOUT: timeout must be a whole number from 1 to 7200, not 'soon'",
        "flag --iterations: iterations must be a whole number from 1 to 10000, not '-1'".replace(
            "'-1'", "-1"
        ),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("retention = 0", "from 1 to 90, not 0"),
        ("retention = '7'", "from 1 to 90, not '7'"),
        ("retention = true", "from 1 to 90, not True"),
        ("retention = 7.5", "from 1 to 90, not 7.5"),
        ("iterations = -3", "from 1 to 10000, not -3"),
        ("branches = []", "must not be empty"),
        ("branches = ['main', 'main']", "names 'main' twice"),
        ("branches = ['my branch']", "' ', which a branch name cannot have"),
        ("branches = 'a..b'", "'..'"),
        ("branches = 'x.lock'", "not a name git gives a branch"),
        ("branches = 'x${{y}}'", "which a branch name cannot have"),
        ("branches = 3", "must be a branch, not 3"),
        ("name = ''", "must be a name, not empty"),
        ("name = '  '", "must be a name, not blanks alone"),
        ("environment = '  '", "must be a name, or empty, not blanks alone"),
        ("train.env = {A = ' '}", "has 'A': must be a text, not blanks alone"),
        ("name = 'a ${{ github.ref }}'", "GitHub takes no expression here"),
        ('name = "a\\u0007b"', "cannot be shown"),
        ("python = 'three'", "a Python version"),
        ("python = '3.1'", "a Python version from"),
        ("python = '3.99'", "a Python version from"),
        (
            "train.env = {TRAINING_ITERATIONS = '9'}",
            "TRAINING_ITERATIONS is what a run is told",
        ),
        ("workflow = '../evil.yml'", "a file name ending in .yml"),
        ("concurrency = 'many'", 'one of "single", "queue"'),
        ("timeout = 0", "from 1 to 7200"),
        ("environment = 3", "must be a name, or empty"),
        ("permissions = {content = 'read'}", "did you mean 'contents'?"),
        ("permissions = {contents = 'admin'}", "read or write"),
        ("permissions = 'write-all'", "must be a table of rights"),
        ("triggers.push = 'maybe'", "must be true or false"),
        (
            "triggers = {push = false, pull_request = false, schedule = false, dispatch = false}",
            "every trigger is off",
        ),
        ("schedule.cron = '0 0 * * 7'", "Sunday is 0"),
        ("schedule.timezone = 'Mars/Olympus'", "not an IANA time zone"),
        ("install.requirements = '/etc/passwd'", "below the repository's root"),
        ("install.requirements = '../x.txt'", "leaves the repository"),
        (
            "install = {requirements = '', hashes = true}",
            "install.hashes needs install.requirements",
        ),
        ("dataset.secrets = ['my key']", "must be the name of a secret (letters"),
        (
            "dataset.secrets = ['0123456789abcdef0123456789abcdef']",
            "the value of a secret",
        ),
        (
            "dataset.secrets = ['abcdef0123456789abcdef0123456789']",
            "the value of a secret",
        ),
        ("dataset.secrets = ['GITHUB_TOKEN']", "must be the name of a secret (letters"),
        ("dataset.kaggle_json = true", 'needs dataset.source = "kaggle"'),
        ("train.command = ''", "must be a script, not empty"),
        ("train.command = 'echo ${{ github.head_ref }}'", "write $NAME"),
        ("train.env = {'MY-VAR' = 'x'}", "the name of an environment variable"),
        ("train.env = {API_TOKEN = 'abc'}", "looks like a secret"),
        (
            "artifacts.model.name = 'a/b'",
            "'/', which the name of an artifact cannot have",
        ),
        ("artifacts.model.name = 'data-state'", "two artifacts have the same name"),
        ("artifacts.model.path = 'runtime/*.pkl'", "is not one folder"),
        ("artifacts.model.path = '.'", "is not one folder"),
        ("artifacts.model.path = 'runtime/'", "must not lie in each other"),
        ("artifacts.extra = [{name = 'x'}]", "a table with `name`, `path`"),
        ("steps.before_train = {run = 'x', uses = 'y'}", "either `run` or `uses`"),
        (
            "steps.before_train = {uses = 'actions/checkout@v4'}",
            "not pinned to a commit",
        ),
        ("steps.before_train = {runs = 'x'}", "did you mean 'run'?"),
        ("steps.before_train = {run = 'echo ${{ github.head_ref }}'}", "write $NAME"),
        (
            "steps.before_train = {run = 'x', timeout-minutes = 'soon'}",
            "'timeout-minutes' is not int",
        ),
        ("steps.after_training = {run = 'x'}", "did you mean steps.after_train?"),
        ("jobs.train.steps = [{run = 'x'}]", "jobs.train is a job wfgen renders"),
        ("fanout.members = 3", "needs fanout.merge"),
        (
            "fanout = {members = 3, merge = 'x'}\nstore = 'cache'",
            "hands states over as artifacts",
        ),
        ("workflow = 'ci.yml'\nworkflows.ci = true", "would both write ci.yml"),
        ("ci.wfgen = '--index-url x'", "is not one requirement"),
        ("ci.wfgen = 'wfgen'", "somebody else's project on PyPI: give a wheel in the"),
        ("ci.wfgen = 'WFGEN[local]==0.1'", "somebody else's project on PyPI"),
        ("ci.wfgen = 'wfgen @ git+https://a/b/c@d'", "somebody else's project"),
        ("ci.wfgen = 'wfgen-actions'", "is not published on PyPI: give a wheel in"),
        ("ci.wfgen = 'Wfgen_Actions[local] >= 0.1'", "is not published on PyPI"),
        (
            "steps.after_train = [{id = 'Train', run = 'x'}]",
            "the id 'Train', which wfgen has too",
        ),
        (
            "steps.after_upload = [{id = 'now', run = 'x'}]\nfanout = {members = 2, merge = 'x'}",
            "the id 'now', which wfgen has too",
        ),
        (
            (
                "steps.after_train = [{id = 'a', run = 'x'}]\n"
                "steps.before_train = [{id = 'A', run = 'x'}]"
            ),
            "steps.before_train has",
        ),
        (
            "jobs.a.steps = [{id = 'b', run = 'x'}, {id = 'b', run = 'x'}]",
            "which jobs has too",
        ),
        ("artifacts = 3", "artifacts is a table of settings: artifacts.model.name, "),
        (
            "steps.before_train = [{run = 'x', env = {A = 2026-01-01}}]",
            "holds 2026-01-01, which has to stand in quotes",
        ),
        (
            "jobs.a = {steps = [{run = 'x'}], env = {A = inf}}",
            "holds inf, which has to stand in quotes",
        ),
        (
            "jobs.a = {steps = [{run = 'x'}], needs = ['train', 'nobody']}",
            "jobs.a needs 'nobody', which is no job here (train)",
        ),
        (
            "steps.before_train = {run = 'x', env = {API_KEY = 'abc'}}",
            "write ${{ secrets.API_KEY }}",
        ),
        (
            "jobs.a = {steps = [{run = 'x'}], env = {MY_TOKEN = 'abc'}}",
            "write ${{ secrets.MY_TOKEN }}",
        ),
        ("store = 's3'", 'one of "artifact", "release", "branch", "cache"'),
        ("notify.webhook = 'https://hooks.example/x'", "the value of a secret"),
        ("notify.on = ['always']", 'one of "failure", "recovery", "completion"'),
        ("jobs.other.runs-on = 'x'", "needs `steps`"),
        ("jobs = {'1st' = {steps = [{run = 'x'}]}}", "the id of a job"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(
    line: str, reason: str, tmp_path: Path
) -> None:
    found = mistakes(tmp_path, f"# first line\n{line}\n")
    assert len(found) == 1
    assert reason in found[0]
    assert found[0].startswith("wfgen.toml:2: ")


@pytest.mark.parametrize(
    "line",
    [
        "notify.webhook = 'https://hooks.example/hush'",
        "notify.webhook = ['https://hooks.example/hush']",
        "notify.webhook = 'hush hush'",
        'notify.webhook = "hush\\u0007"',
        "dataset.secrets = ['hush-hush', 'X']",
        "dataset.secrets = {KEY = 'hush'}",
        f"dataset.secrets = '{'hush' * 50}'",
    ],
)
def test_what_may_be_a_secret_itself_is_never_shown(line: str, tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, line)
    assert "hush" not in found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[train.env]\nA = 'x'\nAPI_TOKEN = 'abc'\n", 3),
        ("[train.env]\nMEMBER = 'x'\n", 2),
        ("[permissions]\ncontents = 'read'\nissue = 'read'\n", 3),
        ("[permissions]\nissues = 'admin'\n", 2),
        ("[train]\nenv.A = 'x'\nenv.B = 3\n", 3),
        ("[jobs.a]\nsteps = [{run = 'x'}]\n[jobs.b]\nsteps = []\n", 3),
    ],
)
def test_a_mistake_in_a_table_has_its_own_line(
    text: str, line: int, tmp_path: Path
) -> None:
    (found,) = mistakes(tmp_path, text)
    assert found.startswith(f"wfgen.toml:{line}: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"iterations = ", "wfgen.toml is not TOML"),
        (b"\xff\xfe", "wfgen.toml is not TOML"),
        (b"a = 1\na = 2", "not TOML"),
    ],
)
def test_a_broken_file_is_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "wfgen.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {})
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("iterations", "12", 12),
        ("triggers.push", "off", False),
        ("triggers.push", "True", True),
        ("branches", "main\nrelease/*\n", ("main", "release/*")),
        ("branches", "['main', 'dev']", ("main", "dev")),
        ("schedule.cron", "0 1,13 * * *", ("0 1,13 * * *",)),
        ("train.timeout", "", None),
        ("train.timeout", "30", 30),
        ("train.env", "{A = 'x'}", {"A": "x"}),
        ("permissions", "{issues = 'write'}", {"issues": "write"}),
        (
            "steps.before_train",
            "[{run = 'make data'}]",
            ({"name": "Run a script", "run": "make data"},),
        ),
    ],
)
def test_the_environment_sets_values_of_every_type(
    key: str, text: str, value: object, tmp_path: Path
) -> None:
    assert load(tmp_path, {BY_KEY[key].variable: text})[BY_KEY[key]] == value


@pytest.mark.parametrize(
    "requirement",
    [
        "",
        ".",
        "./wfgen",
        "wfgen/",
        "wheels/wfgen_actions-0.1.0-py3-none-any.whl",
        "wfgen_actions-0.1.0-py3-none-any.whl",
        "git+https://example.org/owner/name@0123abc",
        "wfgen-actions @ git+https://example.org/owner/name@0123abc",
        "wfgen_actions[local]@file:///wheels/wfgen_actions-0.1.0-py3-none-any.whl",
        "wfgen-pipeline-of-ours",
    ],
)
def test_ci_installs_this_tool_from_a_path_or_an_address(
    requirement: str, tmp_path: Path
) -> None:
    settings = load(tmp_path, {}, {"ci.wfgen": ("f", requirement)})
    assert settings[CI_WFGEN] == requirement


def test_a_secret_may_be_named_in_a_step(tmp_path: Path) -> None:
    step = {"run": "x", "env": {"API_KEY": "${{ secrets.API_KEY }}", "OTHER_KEY": ""}}
    assert load(tmp_path, {}, {"steps.after_train": ("f", [step])})[
        BY_KEY["steps.after_train"]
    ]


def test_variables_of_a_local_run_are_no_settings(tmp_path: Path) -> None:
    env = {"WFGEN_CACHE_DIR": "/x", "WFGEN_INPUTS": "{}", "WFGEN_RUN_LOCK": "/y"}
    assert load(tmp_path, env).digest == load(tmp_path, {}).digest


def test_the_digest_is_of_the_values_not_of_their_sources(tmp_path: Path) -> None:
    plain, flagged = (
        load(tmp_path, {}),
        load(tmp_path, {}, {"iterations": ("--iterations", "3")}),
    )
    assert plain.digest == flagged.digest
    assert (
        plain.digest != load(tmp_path, {}, {"iterations": ("--iterations", "4")}).digest
    )


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\nb.c = 2\n", "b.c", 2),
        ("[a]\nb = 1\n[a.c]\nd = 1\n", "a.c.d", 4),
        ("[a]\nb = {c = 1}\n", "a.b.c", 2),
        ("# a = 1\n\n'a' = 1\n", "a", 3),
        ("x = 1\na.b.c = 1\na.b.d = 1", "a.b", 2),
        ("[[a.b]]\nc = 1\n", "a.b", 1),
        ("x = 1", "y", 1),
    ],
)
def test_line_of(text: str, key: str, line: int) -> None:
    assert find_line(text, key) == line


@pytest.mark.parametrize("text", ["٣", "1_000", "+3", " 3", "3 ", "1e3", "3\n", "³"])
def test_whole_numbers_are_ascii_digits_alone(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="must be a whole number") as caught:
        load(tmp_path, {}, {"iterations": ("--iterations", text)})
    assert len(caught.value.message.splitlines()) == 1
    with pytest.raises(SettingsError, match="environment WFGEN_ITERATIONS"):
        load(tmp_path, {"WFGEN_ITERATIONS": text}, {})
