"""Whether what happened starts a workflow, and which filter decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import WorkflowProblemError
from generator.workflow.filter_patterns import compile_pattern, match_patterns
from generator.workflow.parser import parse_workflow
from generator.workflow.source import parse_yaml
from generator.workflow.triggers import Occurrence, check_event

# docs.github.com, "Workflow syntax", Filter pattern cheat sheet: pattern, what it
# matches by the examples there, and what it does not.
CHEAT_SHEET = [
    ("feature/*", "feature/my-branch feature/your-branch", "feature/beta-a/my-branch"),
    (
        "feature/**",
        "feature/beta-a/my-branch feature/your-branch feature/mona/the/octocat",
        "f",
    ),
    ("releases/mona-the-octocat", "releases/mona-the-octocat", "releases/mona"),
    ("main", "main", "master main2"),
    ("*", "main releases", "all/the/branches"),
    ("**", "all/the/branches every/tag main", ""),
    ("*feature", "mona-feature feature ver-10-feature", "feature/x"),
    ("v2*", "v2 v2.0 v2.9", "v1"),
    ("v[12].[0-9]+.[0-9]+", "v1.10.1 v2.0.0", "v3.0.0 v1.10 v1.x.1"),
    ("*.jsx?", "page.js page.jsx", "page.jsxx src/page.js"),
    ("*.js", "app.js index.js", "js/index.js"),
    ("**.js", "index.js js/index.js src/js/app.js", "index.ts"),
    ("docs/*", "docs/README.md docs/file.txt", "docs/a/b.md"),
    ("docs/**", "docs/README.md docs/mona/octocat.txt", "src/docs/x"),
    (
        "docs/**/*.md",
        "docs/README.md docs/mona/hello-world.md docs/a/markdown/file.md",
        "docs/x",
    ),
    (
        "**/docs/**",
        "docs/hello.md dir/docs/my-file.txt space/docs/plan/space.doc",
        "adocs/x",
    ),
    ("**/README.md", "README.md js/README.md", "README.mdx"),
    ("**/*src/**", "a/src/app.js my-src/code/js/app.js", "srcs/x"),
    ("**/*-post.md", "my-post.md path/their-post.md", "post.md"),
    (
        "**/migrate-*.sql",
        "migrate-10909.sql db/migrate-v1.0.sql db/sept/migrate-v1.sql",
        "x.sql",
    ),
    # Of the words on special characters there.
    ("releases/[0-9]+", "releases/10 releases/1", "releases/x releases/"),
    ("v[12].?", "v1 v1. v2.", "v3 v1.0"),
    ("mona+", "mona monaaa", "mon monab"),
    (r"a\+b", "a+b", "ab aab"),
    ("a+b", "ab aab", "a+b b"),
]


@pytest.mark.parametrize(("pattern", "matching", "others"), CHEAT_SHEET)
def test_patterns_are_those_of_github(pattern: str, matching: str, others: str) -> None:
    for text in matching.split():
        assert match_patterns(text, [pattern]), text
    for text in others.split():
        assert not match_patterns(text, [pattern]), text


@pytest.mark.parametrize(
    ("name", "patterns", "expected"),
    [
        ("release-old", ["release*", "!release-old"], False),
        ("release-old", ["release*", "!release-old", "release-o*"], True),
        ("release-old", ["!release-old", "release*"], True),
    ],
)
def test_the_last_pattern_that_matches_decides(
    name: str, patterns: list[str], expected: object
) -> None:
    assert match_patterns(name, patterns) is expected


@given(st.text("ab*?+[]!\\/.-^", max_size=12), st.text("ab/.-", max_size=8))
def test_any_text_is_a_pattern(pattern: str, text: str) -> None:
    try:
        compile_pattern(pattern).fullmatch(text)
    except re.error as error:
        raise AssertionError(pattern) from error


FILES = ("src/app.py", "docs/a.md")
PUSH = Occurrence("push", "main", paths=FILES, message="Add it")
TAG = PUSH._replace(branch="", tag="v1")
PULL = Occurrence("pull_request", "main", activity="opened", paths=FILES)


@pytest.mark.parametrize(
    ("on", "occurrence", "words"),
    [
        ("push", PUSH, None),
        ("schedule", PUSH, "is not triggered by push"),
        ("{push: {branches-ignore: [wip]}}", PUSH, None),
        ("{push: {branches-ignore: [main]}}", PUSH, "on branch main"),
        # docs.github.com, on.push: with a filter for the one kind, the other starts nothing.
        ("{push: {tags: ['v*']}}", PUSH, "on branch main"),
        ("{push: {tags: ['v*']}}", TAG, None),
        ("{push: {tags-ignore: ['v*']}}", TAG, "on tag v1"),
        ("{push: {branches: [main]}}", TAG, "on tag v1"),
        ("{push: {branches: [main], tags: ['v*']}}", PUSH, None),
        ("{push: {branches: [main], tags: ['v*']}}", TAG, None),
        ("push", TAG, None),
        ("{push: {paths: ['src/**']}}", PUSH, None),
        ("{push: {paths: ['nothing/**']}}", PUSH, "do not pass its `paths`"),
        ("{push: {paths: ['nothing/**']}}", TAG, None),
        ("{push: {paths: ['nothing/**']}}", PUSH._replace(paths=None), None),
        (
            "{push: {paths: ['**', '!**.py', '!docs/**']}}",
            PUSH,
            "do not pass its `paths`",
        ),
        ("{push: {paths-ignore: ['docs/**']}}", PUSH, None),
        ("{push: {paths-ignore: ['docs/**', '**.py']}}", PUSH, "`paths-ignore`"),
        ("{push: {branches: [x], paths: ['src/**']}}", PUSH, "on branch main"),
        ("pull_request", PULL, None),
        ("{pull_request: {types: [closed]}}", PULL, "by pull_request .opened."),
        ("{pull_request: {types: [closed]}}", PULL._replace(activity="closed"), None),
        (
            "pull_request",
            PULL._replace(activity="labeled"),
            "by pull_request .labeled.",
        ),
        ("{pull_request: {branches: [other]}}", PULL, "on branch main"),
        ("push", PUSH._replace(message="x [skip ci] y"), "says .skip ci"),
        ("push", PUSH._replace(message="x\n\n[No CI]"), "says .No CI"),
        ("pull_request", PULL._replace(message="[actions skip]"), "says .actions skip"),
        (
            "push",
            PUSH._replace(message="x\n\n\nskip-checks: true\n"),
            "says skip-checks",
        ),
        ("push", PUSH._replace(message="x skip-checks: true"), None),
        ("push", PUSH._replace(message="skip ci, [skip-ci]"), None),
        (
            "workflow_dispatch",
            Occurrence("workflow_dispatch", "main", message="[skip ci]"),
            None,
        ),
    ],
)
def test_what_starts_and_what_does_not(
    on: str, occurrence: Occurrence, words: str | None
) -> None:
    workflow = parse_workflow(parse_yaml(f"on: {on}\njobs: {{a: {{}}}}", Path("w.yml")))
    if words is None:
        check_event(workflow, occurrence)
    else:
        with pytest.raises(WorkflowProblemError, match=words):
            check_event(workflow, occurrence)
