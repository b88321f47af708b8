"""Jobs as GitHub plays them: each a job of its own, with its rights, time and results."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from generator.errors import WorkflowProblemError
from generator.runner.models import Conclusion, JobResult, RunResult

if TYPE_CHECKING:
    from tests.integration.conftest import Project

pytestmark = pytest.mark.act
SUCCESS, FAILURE = Conclusion.SUCCESS, Conclusion.FAILURE
CANCELLED, SKIPPED = Conclusion.CANCELLED, Conclusion.SKIPPED
RUNS_ON = "runs-on: ubuntu-latest"


def run(project: Project, text: str, **request: Any) -> RunResult:  # noqa: ANN401 - fields of a request
    project.write(".github/workflows/train.yml", text)
    return project.run(**request)


def map_jobs(result: RunResult) -> dict[str, Conclusion]:
    return {job.name: job.conclusion for job in result.jobs}


def list_output(job: JobResult) -> list[str]:
    return [line for step in job.steps for line in step.output]


def get_output(result: RunResult, name: str) -> list[str]:
    (job,) = [job for job in result.jobs if job.name == name]
    return list_output(job)


def list_messages(result: RunResult) -> list[str]:
    return [note.message for note in result.annotations]


def test_a_job_that_may_fail_keeps_the_run_green(project: Project) -> None:
    result = run(
        project,
        f"""
on: push
jobs:
  a: {{{RUNS_ON}, continue-on-error: true, steps: [{{run: exit 1}}]}}
  b: {{needs: a, {RUNS_ON}, steps: [{{run: 'echo "b after ${{{{ needs.a.result }}}}"'}}]}}
""",
    )
    assert (result.conclusion, map_jobs(result)) == (
        SUCCESS,
        {"a": FAILURE, "b": SUCCESS},
    )
    assert "b after success" in get_output(result, "b")


def test_a_matrix_fails_fast_and_knows_its_place(project: Project) -> None:
    text = f"""
on: push
jobs:
  a:
    strategy: {{max-parallel: 1, matrix: {{n: [1, 2, 3], include: [{{n: 2, m: x}}]}}}}
    {RUNS_ON}
    steps:
      - run: echo ${{{{ strategy.job-index }}}} of ${{{{ strategy.job-total }}}} ${{{{ matrix.m }}}}
      - run: test ${{{{ matrix.n }}}} != 1
"""
    result = run(project, text)
    assert map_jobs(result) == {
        "a (1)": FAILURE,
        "a (2, x)": CANCELLED,
        "a (3)": CANCELLED,
    }
    assert "0 of 3" in get_output(result, "a (1)")
    assert 'The job was canceled because "a (1)" failed.' in list_messages(result)
    result = run(project, text.replace("max-parallel: 1", "fail-fast: false"))
    assert map_jobs(result) == {"a (1)": FAILURE, "a (2, x)": SUCCESS, "a (3)": SUCCESS}
    assert "1 of 3 x" in get_output(result, "a (2, x)")


def test_a_job_whose_time_is_up_is_cancelled_and_cleans_up(project: Project) -> None:
    result = run(
        project,
        f"""
on: push
jobs:
  a:
    {RUNS_ON}
    timeout-minutes: 0.02
    steps:
      - run: sleep 60
      - run: echo next
      - if: cancelled()
        run: echo "in case of ${{{{ job.status }}}}"
      - if: always()
        run: echo always
  b: {{needs: a, {RUNS_ON}, steps: [{{run: 'true'}}]}}
""",
    )
    assert result.conclusion is CANCELLED
    assert map_jobs(result) == {"a": CANCELLED, "b": SKIPPED}
    steps = [step.conclusion for step in result.jobs[0].steps]
    assert steps == [CANCELLED, SKIPPED, SUCCESS, SUCCESS]
    assert "The job has exceeded the maximum execution time of 0m1s" in list_messages(
        result
    )
    assert result.duration_seconds < 50


def test_each_job_has_a_token_of_its_own(project: Project) -> None:
    ask = (
        'curl -s -o /dev/null -w "%{http_code}" -X POST -d "{\\"title\\": \\"x\\"}" '
        '-H "authorization: Bearer ${{ github.token }}" '
        "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues"
    )
    result = run(
        project,
        f"""
on: push
permissions: {{}}
jobs:
  may:
    permissions: {{issues: write}}
    {RUNS_ON}
    steps: [{{run: '{ask}'}}]
  not:
    {RUNS_ON}
    steps: [{{run: '{ask}'}}]
""",
    )
    assert get_output(result, "may") == ["201"]
    assert get_output(result, "not") == ["403"]


def test_outputs_go_on_but_for_those_that_hold_a_secret(project: Project) -> None:
    result = run(
        project,
        f"""
on: push
jobs:
  a:
    {RUNS_ON}
    outputs:
      open: ${{{{ steps.s.outputs.open }}}}
      shut: ${{{{ steps.s.outputs.shut }}}}
    steps:
      - id: s
        run: |
          echo "::add-mask::hush-hush"
          printf 'open<<E\\nit is\\n"open" $HOME\\nE\\nshut=a hush-hush b\\n' >> "$GITHUB_OUTPUT"
  b:
    needs: a
    {RUNS_ON}
    env: {{OPEN: '${{{{ needs.a.outputs.open }}}}', SHUT: '${{{{ needs.a.outputs.shut }}}}'}}
    steps: [{{run: 'echo "$OPEN"; echo "shut: ${{#SHUT}}"'}}]
""",
    )
    assert get_output(result, "b") == ["it is", '"open" $HOME', "shut: 0"]
    assert "Skip output 'shut' since it may contain secret." in list_messages(result)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('echo no-pair >> "$GITHUB_OUTPUT"', "Invalid format 'no-pair'"),
        (
            'printf "x<<E\\nno end\\n" >> "$GITHUB_ENV"',
            "Matching delimiter not found 'E'",
        ),
        ('echo "=v" >> "$GITHUB_OUTPUT"', "Name must not be empty"),
    ],
)
def test_a_malformed_file_of_commands_fails_its_step(
    project: Project, script: str, message: str
) -> None:
    steps = f"- run: |\n          {script}\n      - run: echo next"
    result = run(
        project, f"on: push\njobs:\n  a:\n    {RUNS_ON}\n    steps:\n      {steps}\n"
    )
    assert [step.conclusion for step in result.jobs[0].steps] == [FAILURE, SKIPPED]
    assert any(message in text for text in list_messages(result)), list_messages(result)


def test_jobs_of_one_group_take_turns(project: Project) -> None:
    job = f"{{concurrency: same, {RUNS_ON}, steps: [{{run: 'date +%s%N; sleep 0.5; date +%s%N'}}]}}"
    result = run(project, f"on: push\njobs:\n  a: {job}\n  b: {job}\n")
    assert map_jobs(result) == {"a": SUCCESS, "b": SUCCESS}
    first, second = sorted(
        [int(line) for line in list_output(job)] for job in result.jobs
    )
    assert first[1] <= second[0]


def test_a_newer_run_cancels_the_one_in_progress(project: Project) -> None:
    text = f"""
on: push
concurrency: {{group: 'g-${{{{ github.ref }}}}', cancel-in-progress: true}}
jobs:
  a:
    {RUNS_ON}
    steps:
      - run: test -z "${{{{ vars.WAIT }}}}" || sleep 60
      - {{if: always(), run: echo clean}}
"""
    older: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: older.append(run(project, text, variables={"WAIT": "1"}))
    )
    thread.start()
    deadline = time.monotonic() + 60
    while not project.local_github.list_runs() and time.monotonic() < deadline:
        time.sleep(0.05)
    newer = project.run()
    thread.join()
    assert newer.conclusion is SUCCESS
    assert older[0].conclusion is CANCELLED
    assert (
        "Canceling since a higher priority waiting request"
        in list_messages(older[0])[0]
    )


def test_a_chain_follows_results_and_a_called_workflow(project: Project) -> None:
    project.write(
        ".github/workflows/called.yml",
        f"""
on:
  workflow_call:
    inputs: {{n: {{type: number}}}}
    outputs: {{o: {{value: '${{{{ jobs.a.outputs.o }}}}'}}}}
jobs:
  a:
    {RUNS_ON}
    outputs: {{o: '${{{{ steps.s.outputs.o }}}}'}}
    steps: [{{id: s, run: 'echo "o=got ${{{{ inputs.n }}}}" >> "$GITHUB_OUTPUT"'}}]
""",
    )
    result = run(
        project,
        f"""
on: push
jobs:
  a:
    {RUNS_ON}
    outputs: {{n: '${{{{ steps.s.outputs.n }}}}'}}
    steps: [{{id: s, run: 'echo n=4 >> "$GITHUB_OUTPUT"'}}]
  c:
    needs: a
    uses: ./.github/workflows/called.yml
    with: {{n: '${{{{ fromJSON(needs.a.outputs.n) }}}}'}}
  d: {{needs: [a, c], {RUNS_ON}, steps: [{{run: 'echo "${{{{ needs.c.outputs.o }}}}"; exit 1'}}]}}
  e: {{needs: d, {RUNS_ON}, steps: [{{run: 'true'}}]}}
  f:
    needs: e
    if: always() && needs.e.result == 'skipped'
    {RUNS_ON}
    steps: [{{run: 'true'}}]
  g: {{needs: d, if: failure(), {RUNS_ON}, steps: [{{run: 'true'}}]}}
""",
    )
    found = map_jobs(result)
    assert found | {"d": FAILURE, "e": SKIPPED, "f": SUCCESS, "g": SUCCESS} == found
    assert get_output(result, "d")[0] == "got 4"
    assert result.conclusion is FAILURE


def test_needs_that_can_never_be_met_are_refused(project: Project) -> None:
    job = f"{RUNS_ON}, steps: [{{run: 'true'}}]"
    with pytest.raises(WorkflowProblemError, match="wait for each other"):
        run(
            project,
            f"on: push\njobs:\n  a: {{needs: b, {job}}}\n  b: {{needs: a, {job}}}\n",
        )


def test_a_tag_or_a_closed_pull_request_starts_what_waits_for_it(
    project: Project,
) -> None:
    job = f"jobs: {{a: {{{RUNS_ON}, steps: [{{run: 'echo $GITHUB_REF $GITHUB_REF_TYPE'}}]}}}}\n"
    tags = f"on: {{push: {{tags: ['v*']}}}}\n{job}"
    with pytest.raises(WorkflowProblemError, match="on branch"):
        run(project, tags)
    assert get_output(run(project, tags, tag="v1"), "a") == ["refs/tags/v1 tag"]
    closed = f"on: {{pull_request: {{types: [closed]}}}}\n{job}"
    with pytest.raises(WorkflowProblemError, match="opened"):
        run(project, closed, event="pull_request")
    assert (
        run(project, closed, event="pull_request", activity="closed").conclusion
        is SUCCESS
    )


def test_a_call_that_github_would_refuse_is_refused(project: Project) -> None:
    project.write(
        ".github/workflows/called.yml",
        f"""
on:
  workflow_call:
    inputs: {{n: {{type: number}}, b: {{type: boolean, required: true}}, s: {{type: string}}}}
    secrets: {{key: {{required: true}}}}
jobs: {{a: {{{RUNS_ON}, steps: [{{run: 'true'}}]}}}}
""",
    )
    call = "on: push\njobs: {c: {uses: ./.github/workflows/called.yml, with: {WITH}, SECRETS}}"
    for given, secrets, problem in (
        ("b: true, zzz: 1", "secrets: inherit", "Invalid input, zzz is not defined"),
        ("b: text", "secrets: inherit", "b expects a boolean, not 'text'"),
        ("b: true, n: x", "secrets: inherit", "n expects a number, not 'x'"),
        ("n: 1", "secrets: inherit", "Input b is required"),
        ("b: true", "secrets: {other: x}", "Invalid secret, other is not defined"),
        ("b: true", "name: x", "Secret key is required"),
    ):
        with pytest.raises(WorkflowProblemError, match=problem):
            run(project, call.replace("WITH", given).replace("SECRETS", secrets))
    fine = call.replace("WITH", "b: true, n: 2, s: 3").replace(
        "SECRETS", "secrets: inherit"
    )
    assert run(project, fine).conclusion is SUCCESS
    project.write(".github/workflows/called.yml", "on: push\njobs: {a: {}}\n")
    with pytest.raises(WorkflowProblemError, match="is not reusable"):
        run(project, fine)
