"""Pushes: `git push` in scripts, and actions that commit and push."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..shell.model import Command, Script
from ..steps.jobs import Job, Step
from ..steps.operations import Push, Save, Store

AUTO_COMMIT = "stefanzweifel/git-auto-commit-action"
ADD_AND_COMMIT = "endbug/add-and-commit"
PUSH_ACTION = "ad-m/github-push-action"
COMMIT_ACTIONS = frozenset({AUTO_COMMIT, ADD_AND_COMMIT, PUSH_ACTION})
CHECKOUT = "actions/checkout"
_GLOBAL_OPTIONS = ("-C", "-c", "--git-dir", "--work-tree", "--exec-path")
_ADD_ALL = frozenset({"-A", "--all", ".", "*", ":/", "./", "-u"})
# What is pushed by these is no commit on a branch that others write.
_OTHER_PUSHES = frozenset({"--tags", "--delete", "-d", "--dry-run", "-n", "--mirror"})
_FORCES = ("--force", "-f", "--force-with-lease", "--force-if-includes")
_TAG = re.compile(r"refs/tags/|^v?\d+(\.\d+)+$|\$\{?(\w*TAG\w*|VERSION|version|tag)\b")
_UNIQUE_BRANCH = re.compile(r"\$|\{\{")
_OWN = re.compile(r"github\.repository|GITHUB_REPOSITORY")
_HOST = re.compile(r"^\S*?(@|://)[^/@]*/(?=[^/])")
_PUSH_TARGET = re.compile(r"HEAD:(\S+)")
_DEFAULT_TOKEN = re.compile(r"secrets\.GITHUB_TOKEN|github\.token", re.IGNORECASE)


def is_no_option(word: str) -> bool:
    """Whether a word is none that begins with a dash."""
    return not word.startswith("-")


def get_git_words(command: Command) -> tuple[str, ...]:
    """Return the words of a git command from its subcommand on, () for other programs."""
    words = command.words
    if words[:1] == ("sudo",):
        words = words[1:]
    if not words or words[0].rpartition("/")[2] != "git":
        return ()
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in _GLOBAL_OPTIONS and rest:
            rest.pop(0)
    return tuple(rest)


def is_git(command: Command, *subcommands: str) -> bool:
    """Whether a command is one of git's subcommands."""
    return get_git_words(command)[:1] in {(name,) for name in subcommands}


def list_pushes(job: Job) -> list[Push]:
    """Return the pushes of a job to a branch of its repository, in order."""
    pushes: list[Push] = []
    has_commit = False
    for step in job.steps:
        action = step.action
        if action is not None and action.name in COMMIT_ACTIONS:
            pushes += _read_action(step, action.name, has_commit=has_commit)
        for command in step.commands:
            if is_git(command, "commit", "cherry-pick", "merge"):
                has_commit = True
            elif is_git(command, "push"):
                push = _read_push(step, command, has_commit=has_commit)
                if push is not None:
                    pushes.append(push)
    return pushes


def list_git_saves(job: Job) -> Iterator[Save]:
    """Yield what a job adds to its commits."""
    for step in job.steps:
        action = step.action
        if action is not None and action.name in {AUTO_COMMIT, ADD_AND_COMMIT}:
            patterns = step.get_input("file_pattern", "add") or "."
            paths = tuple(filter(is_no_option, patterns.split()))
            yield Save(Store.GIT, step, step.position, "", paths or (".",))
        for command in step.commands:
            paths = list_added_paths(command)
            if paths:
                position = step.place_command(command)
                yield Save(Store.GIT, step, position, "", paths, command)


def list_added_paths(command: Command) -> tuple[str, ...]:
    """Return the paths that `git add` or `git commit -a` takes; "." is everything."""
    words = get_git_words(command)
    if words[:1] == ("add",):
        if _ADD_ALL.intersection(words):
            return (".",)
        return tuple(filter(is_no_option, words[1:]))
    if words[:1] == ("commit",):
        for word in words[1:]:
            if word == "--all" or re.fullmatch(r"-[a-z]*a[a-z]*", word):
                return (".",)
    return ()


def is_add_all(command: Command) -> bool:
    """Whether a command stages whatever lies in the checkout."""
    return list_added_paths(command) == (".",)


def fetches_branch(command: Command) -> bool:
    """Whether a command brings in what others pushed, and puts own commits on top."""
    words = get_git_words(command)
    if words[:1] == ("pull",):
        return True
    return words[:1] in {("rebase",), ("merge",), ("reset",)} and "--abort" not in words


def uses_default_token(push: Push) -> bool:
    """Whether a push goes out with the token of the job, as far as can be seen."""
    return not push.token or _DEFAULT_TOKEN.search(push.token) is not None


def find_checkout(job: Job) -> Step | None:
    """Return the first step that checks a repository out."""
    for step in job.steps:
        if step.action is not None and step.action.name == CHECKOUT:
            return step
    return None


def _read_push(step: Step, command: Command, *, has_commit: bool) -> Push | None:
    words = get_git_words(command)
    rest = list(filter(is_no_option, words[1:]))
    ref = ""
    if len(rest) > 1:
        ref = rest[1]
    remote = rest[0] if rest else ""
    if _OTHER_PUSHES.intersection(words) or _TAG.search(ref):
        return None
    if _is_foreign(remote, step, command) or _makes_branch(step, command, ref):
        return None
    return Push(
        step,
        step.place_command(command),
        command,
        ref,
        is_forced=any(word.startswith(_FORCES) for word in words) or ref[:1] == "+",
        is_rebased=_is_rebased(step, command),
        has_commit=has_commit,
        token=_find_token(step, remote),
    )


def _is_foreign(remote: str, step: Step, command: Command) -> bool:
    """Whether a push goes to another repository, as far as can be seen."""
    if "://" in remote or remote.startswith("git@"):
        if ".wiki" in remote:
            return True
        return not _OWN.search(remote)
    checkout = find_checkout(step.job)
    if checkout is None or _points_elsewhere(step):
        # Cloned by hand, or not at all.
        return True
    repository = checkout.get_input("repository")
    if repository and "github.repository" not in repository:
        return True
    return _changes_repository(step, command)


def _points_elsewhere(step: Step) -> bool:
    """Whether `git remote set-url` names a repository that is worked out in the run."""
    for command in step.commands:
        words = get_git_words(command)
        if words[:1] == ("remote",) and "://" in words[-1]:
            repository = _HOST.sub("", words[-1])
            if "$" in repository and not _OWN.search(repository):
                return True
    return False


def _changes_repository(step: Step, command: Command) -> bool:
    """Whether the push happens in a checkout of another repository or a worktree."""
    folders = _list_foreign_folders(step)
    if step.node.get_text("working-directory").strip("./") in folders:
        return True
    for other in step.commands:
        if is_git(other, "clone", "worktree", "init"):
            return True
        if other.start > command.start or other.name not in {"cd", "pushd"}:
            continue
        target = other.words[-1].strip("./\"'")
        if target in folders or target.endswith(".wiki"):
            return True
    return False


def _list_foreign_folders(step: Step) -> set[str]:
    """Return where a job checks other repositories out."""
    folders = set()
    for other in step.job.steps:
        if other.action is None or other.action.name != CHECKOUT:
            continue
        path, repository = other.get_input("path"), other.get_input("repository")
        if path and repository and "github.repository" not in repository:
            folders.add(path.strip("./"))
    return folders - {""}


def _makes_branch(step: Step, command: Command, ref: str) -> bool:
    """Whether a push goes to a branch made for it, as a pull request needs one."""
    for other in _list_before(step, command):
        words = get_git_words(other)
        is_new = words[:1] in {("checkout",), ("switch",)} and (
            {"-b", "-B", "-c", "-C", "--orphan"} & set(words)
        )
        if is_new:
            return True
    target = ref.rpartition(":")[2]
    if re.search(r"\{\{\s*github\.(ref|ref_name|head_ref|event)", target):
        return False
    if re.search(r"GITHUB_REF|BRANCH|branch", target):
        return False
    return bool(target and target != "HEAD" and _UNIQUE_BRANCH.search(target))


def _list_before(step: Step, command: Command | None) -> list[Command]:
    """Return the commands of a job that run before one."""
    found: list[Command] = []
    for other in step.job.steps:
        if other.index > step.index:
            break
        for candidate in other.commands:
            if other is step and command and candidate.start >= command.start:
                break
            found.append(candidate)
    return found


def _is_rebased(step: Step, command: Command | None) -> bool:
    """Whether what others pushed is fetched right before, or in a loop around a push."""
    script = step.script
    if command is not None and script is not None:
        if _is_in_retry(script, command):
            return True
        for other in script.commands:
            if other.start < command.start and fetches_branch(other):
                return True
            if other.name in script.functions or other.name in {"source", "."}:
                return True
    return _pulls_before(step)


def _pulls_before(step: Step) -> bool:
    """Whether the steps between the work and a push pull."""
    for other in reversed(step.job.steps[: step.index]):
        if other.commands and any(map(fetches_branch, other.commands)):
            return True
        if other.script is not None and _does_more_than_git(other.script):
            return False
    return False


def _does_more_than_git(script: Script) -> bool:
    for command in script.commands:
        if command.name not in {"git", "echo", "cd", "export", "if", "set", "["}:
            return True
    return False


def _is_in_retry(script: Script, command: Command) -> bool:
    """Whether a push is tried again with what came in between."""
    loops = [parent for parent in command.parents if parent.keyword]
    handled = [parent for parent in command.parents if parent.role.name == "OR_LEFT"]
    conditions = [
        parent for parent in command.parents if parent.role.name == "CONDITION"
    ]
    for around in (*loops, *handled, *conditions):
        for other in script.list_between(around.start, around.end):
            if fetches_branch(other) or is_git(other, "fetch"):
                return True
    return False


def _find_token(step: Step, remote: str) -> str:
    """Return the text of the credential that a push uses, "" for the checkout's own."""
    if "@" in remote:
        return remote
    checkout = find_checkout(step.job)
    for command in _list_before(step, None):
        if is_git(command, "remote", "config") and "@" in " ".join(command.words):
            text = " ".join(command.words)
            if "http" in text:
                return text
    if checkout is None:
        return ""
    return checkout.get_input("ssh-key", "token")


def _read_action(step: Step, name: str, *, has_commit: bool) -> Iterator[Push]:
    commits = name != PUSH_ACTION
    if not commits and not has_commit:
        return
    if step.get_input("push").lower() == "false" or step.get_input("create_branch"):
        return
    if step.get_input("repository") or step.get_input("new_branch"):
        return
    branch = step.get_input("branch")
    if branch and _UNIQUE_BRANCH.search(branch) and "ref" not in branch:
        return
    options = f"{step.get_input('push_options')} {step.get_input('push')}"
    is_forced = "force" in options or step.get_input("force").lower() == "true"
    token = step.get_input("github_token", "github_token", "token")
    target = _PUSH_TARGET.search(options)
    if target is not None:
        branch = target[1]
    yield Push(
        step,
        step.position,
        None,
        branch,
        is_forced=is_forced,
        is_rebased=bool(step.get_input("pull")) or _pulls_before(step),
        has_commit=True,
        token=token or _find_token(step, ""),
    )
