"""Settings -> text: what each setting changes, and that the same settings give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator import __version__
from generator.checks.registry import run_rules
from generator.config.settings import load
from generator.process import Completed, SystemRunner
from generator.rendering.header import Rendered, is_ours, is_untouched
from generator.rendering.render import render_all
from generator.workflow.source import parse_yaml

ROOT = Path(__file__).parents[4]
SHA = "0" * 40
Data = Any  # what YAML holds: each test knows what stands where it looks


def rendered(root: Path, toml: str = "") -> dict[str, Rendered]:
    (root / "wfgen.toml").write_text(toml, encoding="utf-8")
    return {file.path: file for file in render_all(load(root, {}), root)}


def workflow(root: Path, toml: str = "", name: str = "") -> Data:
    files = rendered(root, toml)
    path = next(path for path in files if path.startswith(f".github/workflows/{name}"))
    parsed = parse_yaml(files[path].text, Path(path))
    assert run_rules(parsed) == []
    return parsed.data


def train(root: Path, toml: str = "") -> Data:
    return workflow(root, toml)["jobs"]["train"]


def step(root: Path, name: str, toml: str = "") -> Data:
    return next(step for step in train(root, toml)["steps"] if step["name"] == name)


def names(root: Path, toml: str = "") -> list[str]:
    return [step["name"] for step in train(root, toml)["steps"]]


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    assert rendered(tmp_path) == rendered(tmp_path)


def test_the_header_names_version_template_and_settings(tmp_path: Path) -> None:
    for path, file in rendered(tmp_path).items():
        first = file.text.splitlines()[0]
        digest = load(tmp_path, {}).digest
        assert first.startswith(
            f"# Written by wfgen {__version__} from {file.template} with settings {digest}, body "
        )
        assert is_ours(file.text), path
        assert is_untouched(file.text), path
        assert not is_untouched(file.text + "\n"), path
        assert not is_untouched(file.text.replace("state", "stake")), path


def test_triggers_of_the_reference_document(tmp_path: Path) -> None:
    on = workflow(tmp_path, "schedule.cron = '0 0 * * *'")["on"]
    assert on["push"] == on["pull_request"] == {"branches": ["main"]}
    assert on["schedule"] == [{"cron": "0 0 * * *"}]
    assert list(on["workflow_dispatch"]["inputs"]) == ["iterations"]


def test_the_default_schedule_avoids_the_busy_start_of_the_hour(tmp_path: Path) -> None:
    (line,) = workflow(tmp_path)["on"]["schedule"]
    assert line["cron"].split()[0] != "0"


@pytest.mark.parametrize(
    ("trigger", "key"),
    [
        ("push", "push"),
        ("pull_request", "pull_request"),
        ("schedule", "schedule"),
        ("dispatch", "workflow_dispatch"),
    ],
)
def test_each_trigger_can_be_switched_off(
    trigger: str, key: str, tmp_path: Path
) -> None:
    on = workflow(tmp_path, f"triggers.{trigger} = false")["on"]
    assert set(on) == {"push", "pull_request", "schedule", "workflow_dispatch"} - {key}


def test_iterations_come_from_input_then_variable_then_rendering(
    tmp_path: Path,
) -> None:
    env = train(tmp_path, "iterations = 5")["env"]
    assert env == {
        "TRAINING_ITERATIONS": "${{ inputs.iterations || vars.TRAINING_ITERATIONS || '5' }}"
    }
    env = train(tmp_path, "iterations = 5\ntriggers.dispatch = false")["env"]
    assert env == {"TRAINING_ITERATIONS": "${{ vars.TRAINING_ITERATIONS || '5' }}"}


def test_nothing_is_pasted_into_a_script(tmp_path: Path) -> None:
    toml = (
        "train.loop = 'each'\ndataset = {source = 'kaggle', kaggle_json = true}\n"
        "install = {installer = 'uv'}\n"
    )
    for text in (toml, ""):
        for each in train(tmp_path, text)["steps"]:
            assert "${{" not in each.get("run", "")


def test_rights_are_the_least(tmp_path: Path) -> None:
    data = workflow(tmp_path)
    assert data["permissions"] == {}
    assert data["jobs"]["train"]["permissions"] == {
        "contents": "read",
        "actions": "read",
    }
    more = train(tmp_path, "permissions = {issues = 'write', contents = 'read'}")[
        "permissions"
    ]
    assert more == {"contents": "read", "actions": "read", "issues": "write"}


def test_actions_are_pinned_to_commits_with_their_versions(tmp_path: Path) -> None:
    text = rendered(tmp_path)[".github/workflows/train.yml"].text
    uses = [
        line.strip().removeprefix("uses: ")
        for line in text.splitlines()
        if "uses:" in line
    ]
    pins = json.loads(
        (ROOT / "generator" / "rendering" / "pins.json").read_text(encoding="utf-8")
    )
    assert len(uses) == 7
    for use in uses:
        action, _, rest = use.partition("@")
        assert rest == f"{pins[action]['commit']} # {pins[action]['version']}"


def test_the_checkout_leaves_no_credentials_behind(tmp_path: Path) -> None:
    assert step(tmp_path, "Check out the code")["with"] == {
        "persist-credentials": False
    }


def test_state_is_never_uploaded_by_a_pull_request_nor_empty(tmp_path: Path) -> None:
    for name in ("Upload model state", "Upload data state"):
        upload = step(tmp_path, name, "retention = 7")
        assert upload["if"] == "github.event_name != 'pull_request'"
        assert upload["with"]["if-no-files-found"] == "error"
        assert upload["with"]["retention-days"] == 7
    assert step(tmp_path, "Upload training logs")["if"] == "${{ !cancelled() }}"


def test_state_is_downloaded_from_the_run_that_was_found_with_the_token(
    tmp_path: Path,
) -> None:
    for name in ("Download model state", "Download data state"):
        download = step(tmp_path, name)
        assert download["if"] == "steps.state.outputs.run-id != ''"
        assert download["with"]["run-id"] == "${{ steps.state.outputs.run-id }}"
        assert download["with"]["github-token"] == "${{ github.token }}"


def test_retention_can_differ_by_artifact(tmp_path: Path) -> None:
    toml = "retention = 7\nartifacts.model.retention = 30\nartifacts.logs.retention = 1"
    kept = [
        step(tmp_path, f"Upload {name}", toml)["with"]["retention-days"]
        for name in ("model state", "data state")
    ]
    assert kept == [30, 7]
    assert step(tmp_path, "Upload training logs", toml)["with"]["retention-days"] == 1
    assert "| 7 days |" in step(tmp_path, "Summarise the run", toml)["run"]


def test_names_and_paths_of_artifacts_reach_every_step_that_uses_them(
    tmp_path: Path,
) -> None:
    toml = (
        "artifacts.model = {name = 'm', path = 'out/model'}\n"
        "artifacts.data = {name = 'd', path = 'out/data/'}"
    )
    for direction in ("Upload", "Download"):
        model, data = (
            step(tmp_path, f"{direction} model state", toml),
            step(tmp_path, f"{direction} data state", toml),
        )
        assert (model["with"]["name"], model["with"]["path"]) == ("m", "out/model/")
        assert (data["with"]["name"], data["with"]["path"]) == ("d", "out/data/")
    assert (
        step(tmp_path, "Find the state of an earlier run", toml)["env"][
            "STATE_ARTIFACTS"
        ]
        == "m/d"
    )


def test_extra_artifacts_are_uploaded_whatever_happens(tmp_path: Path) -> None:
    toml = "artifacts.extra = [{name = 'plots', path = 'out/*.png', retention = 2}]"
    upload = step(tmp_path, "Upload plots", toml)
    assert upload["with"] == {
        "name": "plots",
        "path": "out/*.png",
        "retention-days": 2,
        "if-no-files-found": "warn",
        "overwrite": True,
    }


def test_credentials_of_kaggle_are_given_to_the_training_alone_and_only_where_used(
    tmp_path: Path,
) -> None:
    assert "secrets" not in rendered(tmp_path)[".github/workflows/train.yml"].text
    steps = train(tmp_path, "dataset.source = 'kaggle'")["steps"]
    env = {
        "KAGGLE_API_TOKEN": "${{ secrets.KAGGLE_API_TOKEN }}",
        "KAGGLE_USERNAME": "${{ secrets.KAGGLE_USERNAME }}",
        "KAGGLE_KEY": "${{ secrets.KAGGLE_KEY }}",
    }
    assert [each["env"] for each in steps if "secrets." in str(each)] == [env]
    own = step(tmp_path, "Train", "dataset = {source = 'own', secrets = ['S3_ID']}")
    assert own["env"] == {"S3_ID": "${{ secrets.S3_ID }}"}


def test_the_credentials_file_is_written_where_somebody_wants_one(
    tmp_path: Path,
) -> None:
    toml = "dataset = {source = 'kaggle', kaggle_json = true}"
    script = step(tmp_path, "Write the Kaggle credentials file", toml)["run"]
    assert "umask 077" in script
    assert "chmod 600" in script


def test_the_own_command_once_or_once_an_iteration(tmp_path: Path) -> None:
    toml = "train.command = '''python src/run.py -mode \"update\"'''\n"
    once = step(tmp_path, "Train", toml)["run"].strip()
    assert once.startswith('case "$TRAINING_ITERATIONS" in\n')
    assert once.endswith('\nesac\npython src/run.py -mode "update"')
    loop = step(tmp_path, "Train", toml + "train.loop = 'each'\n")["run"]
    assert 'for iteration in $(seq 1 "$TRAINING_ITERATIONS")' in loop
    assert '\npython src/run.py -mode "update"\n' in loop


def run_training(root: Path, toml: str, iterations: str) -> Completed:
    """The script of the training step, as bash of a runner has it."""
    script = step(root, "Train", toml)["run"]
    environment = {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "TRAINING_ITERATIONS": iterations,
    }
    return SystemRunner().run(["bash", "-e", "-c", script], env=environment)


OWN_COMMAND = "train.command = 'echo trained'\n"
FAN_OUT = "fanout = {members = 2, merge = 'true'}\n"


@pytest.mark.parametrize("loop", ["once", "each"])
@pytest.mark.parametrize("more", ["", FAN_OUT])
@pytest.mark.parametrize(
    "wrong",
    ["", "٣", "1_000", "+3", " 3", "3 ", "1e3", "0", "03", "-1", "1234567", "2\n::x::"],
)
def test_own_training_takes_iterations_in_ascii_digits_alone(
    loop: str, more: str, wrong: str, tmp_path: Path
) -> None:
    toml = f"{OWN_COMMAND}train.loop = '{loop}'\n{more}"
    done = run_training(tmp_path, toml, wrong)
    assert (done.exit_code, done.stdout.count("\n")) == (1, 1)
    assert done.stdout.startswith(
        "::error::TRAINING_ITERATIONS must be a whole number from 1, not '"
    )


@pytest.mark.parametrize(("loop", "count"), [("once", 1), ("each", 12)])
def test_own_training_runs_as_often_as_it_is_told(
    loop: str, count: int, tmp_path: Path
) -> None:
    toml = f"{OWN_COMMAND}train.loop = '{loop}'\n"
    done = run_training(tmp_path, toml, "12")
    assert (done.exit_code, done.stdout.count("trained\n")) == (0, count)


@pytest.mark.parametrize(
    ("toml", "command"),
    [
        ("", 'python -m pip install --disable-pip-version-check -r "$REQUIREMENTS"'),
        ("install.hashes = true", "--require-hashes -r"),
        (
            "install.installer = 'uv'",
            'python -m uv pip install --python "$(command -v python)" -r "$REQUIREMENTS"',
        ),
    ],
)
def test_installers(toml: str, command: str, tmp_path: Path) -> None:
    install = step(tmp_path, "Install dependencies", toml)
    assert command in install["run"]
    assert install["env"] == {"REQUIREMENTS": "requirements.txt"}
    python = step(tmp_path, "Set up Python", toml)["with"]
    assert python == {
        "python-version": "3.12",
        "cache": "pip",
        "cache-dependency-path": "requirements.txt",
    }


def test_without_requirements_nothing_is_installed_nor_cached(tmp_path: Path) -> None:
    assert "Install dependencies" not in names(tmp_path, "install.requirements = ''")
    assert step(tmp_path, "Set up Python", "install.requirements = ''")["with"] == {
        "python-version": "3.12"
    }


def test_extra_steps_stand_where_they_are_asked_for(tmp_path: Path) -> None:
    slots = (
        "before_restore",
        "after_restore",
        "before_train",
        "after_train",
        "before_upload",
        "after_upload",
    )
    toml = "\n".join(
        f"steps.{slot} = {{name = '{slot}', run = 'true'}}" for slot in slots
    )
    order = names(tmp_path, toml)
    assert order == [
        "Check out the code",
        "Set up Python",
        "Install dependencies",
        "before_restore",
        "Find the state of an earlier run",
        "Download model state",
        "Download data state",
        "after_restore",
        "before_train",
        "Train",
        "after_train",
        "before_upload",
        "Upload model state",
        "Upload data state",
        "Upload training logs",
        "after_upload",
        "Summarise the run",
    ]


def test_an_extra_step_is_what_was_written(tmp_path: Path) -> None:
    toml = (
        f"[[steps.before_train]]\nname = 'Fetch: #1'\nuses = 'o/r@{SHA}'\n"
        "with = {a = 1, b = 'x: y', c = true}\n"
        "[[steps.before_train]]\nrun = '''\nset -u\necho \"hi\"\n'''\n"
        "env = {A = '${{ vars.A }}'}\nif = 'always()'\n"
    )
    uses, run = (
        each
        for each in train(tmp_path, toml)["steps"]
        if each["name"] in {"Fetch: #1", "Run a script"}
    )
    assert uses == {
        "name": "Fetch: #1",
        "uses": f"o/r@{SHA}",
        "with": {"a": 1, "b": "x: y", "c": True},
    }
    assert run["run"] == 'set -u\necho "hi"\n'
    assert (run["env"], run["if"]) == ({"A": "${{ vars.A }}"}, "always()")


def test_extra_jobs_get_a_name_a_limit_and_no_rights_unless_they_say_so(
    tmp_path: Path,
) -> None:
    toml = "[jobs.after]\nneeds = ['train']\nsteps = [{run = 'true'}]\n"
    assert workflow(tmp_path, toml)["jobs"]["after"] == {
        "name": "after",
        "needs": ["train"],
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 30,
        "permissions": {},
        "steps": [{"name": "Run a script", "run": "true"}],
    }


@pytest.mark.parametrize(
    ("toml", "key", "value"),
    [
        ("timeout = 7", "timeout-minutes", 7),
        ("runner = 'ubuntu-24.04'", "runs-on", "ubuntu-24.04"),
        ("runner = ['self-hosted', 'gpu']", "runs-on", ["self-hosted", "gpu"]),
        ("environment = 'production'", "environment", "production"),
    ],
)
def test_settings_of_the_job(
    toml: str, key: str, value: object, tmp_path: Path
) -> None:
    assert train(tmp_path, toml)[key] == value


def test_one_writer_of_state_at_a_time(tmp_path: Path) -> None:
    assert workflow(tmp_path)["concurrency"] == {
        "group": "${{ github.workflow }}-${{ github.ref }}",
        "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
    }
    queue = workflow(tmp_path, "concurrency = 'queue'")["concurrency"]
    assert queue == {
        "group": "${{ github.workflow }}-${{ github.ref }}",
        "queue": "max",
    }


def test_cron_lines_in_a_time_zone(tmp_path: Path) -> None:
    toml = "schedule = {cron = ['0 6 * * 1', '0 18 * * 5'], timezone = 'Europe/Berlin'}"
    assert workflow(tmp_path, toml)["on"]["schedule"] == [
        {"cron": "0 6 * * 1", "timezone": "Europe/Berlin"},
        {"cron": "0 18 * * 5", "timezone": "Europe/Berlin"},
    ]


def test_members_train_from_one_state_and_one_job_writes_it(tmp_path: Path) -> None:
    jobs = workflow(
        tmp_path, "fanout = {members = 3, merge = 'make merged'}\nnotify.issue = true"
    )["jobs"]
    assert list(jobs) == ["plan", "train", "merge", "notify"]
    assert jobs["train"]["strategy"]["matrix"] == {"member": [0, 1, 2]}
    assert (jobs["train"]["needs"], jobs["merge"]["needs"]) == (
        ["plan"],
        ["plan", "train"],
    )
    assert jobs["notify"]["needs"] == ["plan", "train", "merge"]
    uploads = {
        job: [
            step["with"]["name"]
            for step in jobs[job]["steps"]
            if "upload-artifact" in step.get("uses", "")
        ]
        for job in jobs
    }
    assert uploads["merge"] == ["model-state", "data-state", "training-logs"]
    assert all("-member-" in name for name in uploads["train"])


@pytest.mark.parametrize(
    ("planned", "now", "code"),
    [
        ("6", "6", 0),
        ("", "", 0),
        ("6", "8", 1),
        ("", "8", 1),
        ("6", "7", 0),
        ("", "7", 0),
        ("6", "", 0),
    ],
)
def test_a_rerun_of_old_members_does_not_overwrite_a_newer_state(
    planned: str, now: str, code: int, tmp_path: Path
) -> None:
    jobs = workflow(tmp_path, "fanout = {members = 2, merge = 'true'}")["jobs"]
    steps = {one["name"]: one for one in jobs["merge"]["steps"]}
    order = list(steps)
    assert order.index("The state has not moved on") < order.index("Upload model state")
    guard = steps["The state has not moved on"]
    assert guard["env"] == {
        "PLANNED": "${{ needs.plan.outputs.run-id }}",
        "NOW": "${{ steps.now.outputs.run-id }}",
    }
    env = {
        "PATH": "/usr/bin:/bin",
        "PLANNED": planned,
        "NOW": now,
        "GITHUB_RUN_ID": "7",
    }
    done = SystemRunner().run(["bash", "-eo", "pipefail", "-c", guard["run"]], env=env)
    assert done.exit_code == code
    assert ("::error title=State moved on::" in done.stdout) == bool(code)


def test_a_notification_tells_of_jobs_of_ones_own_too(tmp_path: Path) -> None:
    step = "steps = [{run = 'true'}]"
    toml = (
        f"notify.issue = true\njobs.evaluate = {{needs = 'train', {step}}}\n"
        f"jobs.after = {{needs = ['notify'], {step}}}\njobs.last = {{needs = 'after', {step}}}\n"
    )
    assert workflow(tmp_path, toml)["jobs"]["notify"]["needs"] == ["train", "evaluate"]


@pytest.mark.parametrize(
    ("store", "right", "script", "kept"),
    [
        ("release", "write", "keep_state.py", "until replaced"),
        ("branch", "write", "keep_state.py", "until replaced"),
        ("cache", "read", "keep_state.py", "7 days without use"),
        ("artifact", "read", "find_state.py", "5 days"),
    ],
)
def test_each_store_has_its_rights_its_script_and_its_time(
    store: str, right: str, script: str, kept: str, tmp_path: Path
) -> None:
    toml = f"store = '{store}'"
    assert train(tmp_path, toml)["permissions"]["contents"] == right
    assert f".github/scripts/{script}" in rendered(tmp_path, toml)
    assert f"| {kept} |" in step(tmp_path, "Summarise the run", toml)["run"]
    writes = [
        s
        for s in train(tmp_path, toml)["steps"]
        if "Upload" in s["name"] or "Keep" in s["name"]
    ]
    assert all(s.get("if") for s in writes)


@pytest.mark.parametrize(
    ("toml", "rights", "mode"),
    [
        ("store = 'release'", {"contents": "read", "actions": "read"}, None),
        (
            "store = 'branch'\npermissions = {contents = 'write', issues = 'write'}",
            {"contents": "read", "actions": "read", "issues": "write"},
            None,
        ),
        ("read_only_cache = true", {"contents": "read", "actions": "read"}, "read"),
        (
            "read_only_cache = true\nstore = 'release'",
            {"contents": "read", "actions": "read"},
            "read",
        ),
    ],
)
def test_a_pull_request_has_a_job_that_cannot_write(
    toml: str, rights: dict[str, str], mode: str | None, tmp_path: Path
) -> None:
    jobs = workflow(tmp_path, toml)["jobs"]
    trial = jobs["trial"]
    assert jobs["train"]["if"] == "github.event_name != 'pull_request'"
    assert trial["if"] == "github.event_name == 'pull_request'"
    assert (trial["permissions"], trial.get("cache-mode")) == (rights, mode)
    assert "cache-mode" not in jobs["train"]
    trains = [one for one in jobs["train"]["steps"] if "Keep" not in one["name"]]
    trains = [one for one in trains if not one["name"].endswith(" state")]
    mine = [one for one in trial["steps"] if not one["name"].endswith(" state")]
    assert mine == trains
    assert not any("save" in one.get("run", "") for one in trial["steps"])


@pytest.mark.parametrize(
    "toml", ["", "store = 'cache'", "store = 'release'\ntriggers.pull_request = false"]
)
def test_elsewhere_one_job_is_enough(toml: str, tmp_path: Path) -> None:
    jobs = workflow(tmp_path, toml)["jobs"]
    assert list(jobs) == ["train"]
    assert "if" not in jobs["train"]


def test_names_may_be_taken_by_an_earlier_attempt_and_those_of_states_by_no_other(
    tmp_path: Path,
) -> None:
    replaced = {
        one["with"]["name"]: one["with"].get("overwrite", False)
        for one in train(tmp_path)["steps"]
        if "upload-artifact" in one.get("uses", "")
    }
    assert replaced == {
        "model-state": "${{ github.run_attempt > 1 }}",
        "data-state": "${{ github.run_attempt > 1 }}",
        "training-logs": True,
    }


def test_a_cache_is_restored_by_the_key_that_was_found_and_missing_it_fails(
    tmp_path: Path,
) -> None:
    restore, save = (
        step(tmp_path, f"{verb} the cache", "store = 'cache'\nworkflow = 'learn.yml'")
        for verb in ("Restore", "Save")
    )
    assert restore["with"]["key"] == "${{ steps.state.outputs.cache-key }}"
    assert restore["with"]["fail-on-cache-miss"] is True
    assert (
        save["with"]["key"]
        == "wfgen-state/learn/${{ github.run_id }}-${{ github.run_attempt }}"
    )
    assert (
        save["with"]["path"]
        == restore["with"]["path"]
        == "runtime/model/\nruntime/data/"
    )
    assert save["if"] == "github.event_name != 'pull_request'"


def test_the_summary_can_be_left_out(tmp_path: Path) -> None:
    assert "Summarise the run" not in names(tmp_path, "summary = false")


def test_the_workflow_file_can_have_another_name(tmp_path: Path) -> None:
    files = rendered(tmp_path, "workflow = 'learn.yaml'\nname = 'Learn'")
    assert ".github/workflows/learn.yaml" in files
    env = step(tmp_path, "Find the state of an earlier run", "workflow = 'learn.yaml'")[
        "env"
    ]
    assert env["STATE_WORKFLOW"] == ".github/workflows/learn.yaml"


def test_the_golden_file_of_the_defaults(tmp_path: Path) -> None:
    golden = ROOT / "tests" / "golden"
    for path, file in rendered(tmp_path).items():
        assert (golden / "default" / (Path(path).name + ".golden")).read_text(
            encoding="utf-8"
        ) == file.text


def test_this_repositorys_own_workflow_is_what_its_settings_give() -> None:
    for file in render_all(load(ROOT, {}), ROOT):
        assert (ROOT / file.path).read_text(encoding="utf-8") == file.text, (
            "run `wfgen render` and commit"
        )


def test_other_readers_of_yaml_agree(tmp_path: Path) -> None:
    text = rendered(tmp_path)[".github/workflows/train.yml"].text
    ours = parse_yaml(text, Path("x")).data
    theirs = yaml.safe_load(text)
    theirs["on"] = theirs.pop(True)  # YAML 1.1
    assert ours == theirs


def test_ci_installs_as_the_training_does(tmp_path: Path) -> None:
    settings = "workflows.ci = true\ninstall = {installer = 'uv', hashes = true}"
    jobs = (
        workflow(tmp_path, settings, "train")["jobs"],
        workflow(tmp_path, settings, "ci")["jobs"],
    )
    steps = jobs[0]["train"]["steps"], jobs[1]["test"]["steps"]
    install = [
        step["run"]
        for job in steps
        for step in job
        if step["name"] == "Install dependencies"
    ]
    assert install[0] == install[1]
    assert "uv pip install" in install[1]
    assert "--require-hashes" in install[1]
