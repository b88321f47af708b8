"""Where a workflow trains, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.checks.state.model import StateModel
from generator.simulate.play.instrument import (
    NotPlayableError,
    add_probes,
    leave_out_setup,
)
from generator.simulate.play.sites import SiteRole, find_sites, list_state_steps
from generator.workflow.source import parse_yaml

HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
UPLOAD = """
      - uses: actions/upload-artifact@v7
        with: {name: model-state, path: runtime/model/}
"""


def make_model(steps: str) -> StateModel:
    return StateModel(parse_yaml(HEAD + steps, Path("a.yml")))


@pytest.mark.parametrize(
    ("script", "trained"),
    [
        ("python -m pipeline update", "python -m pipeline update"),
        ("pip install x\n          python fit.py", "python fit.py"),
        ("python fetch.py; python train.py --epochs 3", "python train.py --epochs 3"),
        ("KEY=1 python fit.py 2>&1 | tee log", "python fit.py"),
        ("for i in 1 2; do python src/run.py -mode update; done", "src/run.py"),
    ],
)
def test_the_command_that_trains_is_found(script: str, trained: str) -> None:
    model = make_model(f"      - run: |\n          {script}\n{UPLOAD}")
    sites = find_sites(model, is_modelled=False)
    assert len(sites) == 1
    assert trained in sites[0].text
    assert sites[0].state == ("runtime/model",)


def test_a_script_that_finds_the_state_is_left_as_it_is() -> None:
    steps = (
        "      - {id: state, run: python find_state.py}\n"
        "      - run: python -m pip install x\n"
        "      - run: python -m pipeline update\n"
    )
    sites = find_sites(make_model(steps + UPLOAD), is_modelled=True)
    roles = [(site.role, site.text) for site in sites]
    assert roles == [
        (SiteRole.STUB, "python -m pip install x"),
        (SiteRole.TRAIN, "python -m pipeline update"),
    ]


def test_where_nothing_works_what_fetches_is_the_training() -> None:
    steps = (
        "      - uses: actions/checkout@v7\n"
        "      - run: curl https://x.invalid/a | jq . > data.json\n"
        "      - run: git add -A; git commit -m x; git push\n"
    )
    sites = find_sites(make_model(steps), is_modelled=False)
    assert [site.text for site in sites] == ["curl https://x.invalid/a"]


@pytest.mark.parametrize(
    ("steps", "trained"),
    [
        ("      - run: date >> data.txt; wc -l data.txt\n", ["date"]),
        ("      - run: ls\n", []),
    ],
)
def test_what_writes_a_file_is_the_training_where_there_is_no_other(
    steps: str, trained: list[str]
) -> None:
    push = (
        "      - uses: actions/checkout@v7\n"
        f"{steps}"
        "      - run: git add -A; git commit -m x; git push\n"
        "      - run: curl https://x.invalid/ping\n"
    )
    sites = find_sites(make_model(push), is_modelled=False)
    assert [site.text for site in sites] == trained


def test_a_program_that_is_not_here_is_left_out_of_a_model_alone() -> None:
    steps = "      - run: no-such-thing go; python fit.py\n" + UPLOAD
    model = make_model(steps)
    modelled = [site.text for site in find_sites(model, is_modelled=True)]
    assert modelled == ["no-such-thing go", "python fit.py"]
    real = [site.text for site in find_sites(model, is_modelled=False)]
    assert real == ["python fit.py"]


def test_the_user_may_say_which_command_trains() -> None:
    steps = "      - run: python one.py\n      - run: ./two.sh now\n"
    model = make_model(steps + UPLOAD)
    sites = find_sites(model, is_modelled=False, wanted="one.py")
    assert [site.text for site in sites] == ["python one.py"]


def test_a_model_that_is_saved_nowhere_is_state_all_the_same() -> None:
    steps = (
        "      - run: python weave.py --out-model shop/loom.pkl --report figures\n"
        "      - uses: actions/upload-artifact@v7\n"
        "        with: {name: loom-report, path: figures}\n"
    )
    sites = find_sites(make_model(steps), is_modelled=True)
    assert sites[0].state == ("shop/loom.pkl",)
    assert sites[0].reports == ("figures",)


def test_a_probe_stands_behind_what_is_set_for_its_command() -> None:
    model = make_model("      - run: A=1 B='x y' python fit.py | tee l\n" + UPLOAD)
    sites = find_sites(model, is_modelled=False)
    probe = Path("/p/probe.py")
    data = add_probes(model.document, {"s.0": sites[0]}, probe)
    script = data["jobs"]["a"]["steps"][0]["run"]
    assert script.startswith("A=1 B='x y' ")
    assert script.endswith(" -I -S /p/probe.py s.0 python fit.py | tee l")


def test_what_fetches_the_state_is_never_left_out_without_a_word() -> None:
    steps = (
        "      - uses: dawidd6/action-download-artifact@v6\n"
        "        with: {name: model-state}\n"
        "      - run: python fit.py m.pkl\n"
    )
    model = make_model(steps)
    with pytest.raises(NotPlayableError, match="dawidd6/action-download-artifact"):
        leave_out_setup(model.document.mapping, list_state_steps(model))


def test_set_up_is_left_out_and_what_nobody_can_play_is_told() -> None:
    steps = (
        "      - uses: actions/setup-python@v7\n"
        "      - uses: actions/checkout@v7\n"
        "      - uses: somebody/thing@v1\n"
    )
    data = make_model(steps).document.mapping
    assert leave_out_setup(data) == ("somebody/thing",)
    left = [step.get("uses", "") for step in data["jobs"]["a"]["steps"]]
    assert left == ["", "actions/checkout@v7", ""]
