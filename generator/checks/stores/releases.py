"""Stores beyond artifacts, caches and branches: releases, buckets, DVC, hubs, plain URLs."""

from __future__ import annotations

from collections.abc import Iterator

from ..shell.model import Command
from ..steps.jobs import Job, Step
from ..steps.operations import Restore, Save, Store

_RELEASE_ACTIONS = {
    "softprops/action-gh-release": ("files",),
    "ncipollo/release-action": ("artifacts",),
    "svenstaro/upload-release-action": ("file",),
    "marvinpinto/action-automatic-releases": ("files",),
    "xresloader/upload-to-github-release": ("file",),
    "eine/tip": ("files",),
}
_REMOTE_TOOLS = frozenset(
    {"aws", "gsutil", "gcloud", "rclone", "s3cmd", "azcopy", "mc", "scp", "rsync", "b2"}
)
_REMOTE_SIGNS = ("://", ":/", "@")


def list_release_saves(job: Job) -> Iterator[Save]:
    """Yield what a job stores in releases, buckets and the like."""
    for step in job.steps:
        action = step.action
        if action is not None and action.name in _RELEASE_ACTIONS:
            (name,) = _RELEASE_ACTIONS[action.name]
            paths = tuple(step.get_input(name).split())
            yield Save(Store.RELEASE, step, step.position, "", paths)
        for command in step.commands:
            yield from _read_save(step, command)


def list_release_restores(job: Job) -> Iterator[Restore]:
    """Yield what a job fetches from releases, buckets and URLs into files."""
    for step in job.steps:
        for command in step.commands:
            found = _read_restore(command)
            if found is not None:
                store, paths = found
                position = step.place_command(command)
                yield Restore(store, step, position, "", paths, command=command)


def _read_save(step: Step, command: Command) -> Iterator[Save]:
    words = command.words
    position = step.place_command(command)
    if words[:2] == ("gh", "release") and words[2:3] in {("upload",), ("create",)}:
        files = tuple(word for word in words[4:] if not word.startswith("-"))
        name = "".join(words[3:4])
        yield Save(Store.RELEASE, step, position, name, files, command)
    elif words[:2] == ("dvc", "push") or words[:1] in {
        ("hf",),
        ("huggingface-cli",),
    }:
        yield Save(Store.REMOTE, step, position, "", (".",), command)
    elif command.name == "curl" and command.get_option("-T", "--upload-file"):
        file = command.get_option("-T", "--upload-file")
        yield Save(Store.REMOTE, step, position, words[-1], (file,), command)
    elif command.name in _REMOTE_TOOLS and words[-1:] and is_remote(words[-1]):
        files = tuple(word for word in words[1:-1] if not is_remote(word))
        yield Save(Store.REMOTE, step, position, words[-1], files, command)


def _read_restore(command: Command) -> tuple[Store, tuple[str, ...]] | None:
    words = command.words
    if words[:3] == ("gh", "release", "download"):
        folder = command.get_option("-D", "--dir", "-O", "--output")
        pattern = command.get_option("-p", "--pattern")
        return Store.RELEASE, (folder or pattern or ".",)
    if words[:2] in {("dvc", "pull"), ("dvc", "fetch")}:
        return Store.REMOTE, (".",)
    if command.name in {"curl", "wget"}:
        target = find_download_target(command)
        if target:
            return Store.REMOTE, (target,)
    remote = [word for word in words[1:] if is_remote(word)]
    if command.name in _REMOTE_TOOLS and remote and not is_remote(words[-1]):
        return Store.REMOTE, (words[-1],)
    return None


def find_download_target(command: Command) -> str:
    """Return the file that curl or wget writes, "" where none is named."""
    target = command.get_option("-o", "--output", "-O", "--output-document")
    if command.name == "curl" and "-o" not in command.words:
        # `curl -fsSLo file url`; curl's own -O takes its name from the URL.
        target = command.get_option("--output")
        for index, word in enumerate(command.words[:-1]):
            if (
                word.startswith("-")
                and not word.startswith("--")
                and word.endswith("o")
            ):
                target = command.words[index + 1]
    if target in {"-", "/dev/null"} or target.startswith("-"):
        target = ""
    for redirect in command.redirects:
        if redirect.operator in {">", "1>"} and redirect.target != "/dev/null":
            target = redirect.target
    return target


def is_remote(word: str) -> bool:
    """Whether a word is an address of another machine or bucket."""
    return any(sign in word for sign in _REMOTE_SIGNS) and not word.startswith("-")
