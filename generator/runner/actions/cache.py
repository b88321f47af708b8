"""Stand-in for actions/cache, actions/cache/restore and actions/cache/save.

Sources: src/restoreImpl.ts and src/saveImpl.ts of actions/cache, packages/cache of
actions/toolkit (service v2). Where a cache cannot be had or kept the job goes on with a
warning, as upstream has it.
"""

from __future__ import annotations

import glob
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from .search import parse_pattern, walk
from .toolkit import (
    ActionError,
    Inputs,
    info,
    run_action,
    save_state,
    set_output,
    state,
    warning,
    workspace,
)
from .web import CACHE_SERVICE, AnswerError, Twirp, get_blob, put_blob

VERSION_SALT = "1.0"
COMPRESSION = "gzip"
MAX_KEY_LENGTH = 512
MAX_KEYS = 10


def main() -> int:
    """Run the first half of actions/cache."""
    return run_action(restore_before)


def restore_main() -> int:
    """Run actions/cache/restore."""
    return run_action(restore_only)


def save_main() -> int:
    """Run actions/cache/save."""
    return run_action(save_only)


def post_main() -> int:
    """Run the second half of actions/cache."""
    return run_action(save_after)


def restore_before(inputs: Inputs) -> None:
    """Restore, and keep for the second half what was looked for and what was found."""
    _restore_step(
        inputs,
        {
            "primary": lambda key: save_state("key", key),
            "matched": lambda key: save_state("matched", key),
        },
    )


def restore_only(inputs: Inputs) -> None:
    """Restore, and say by outputs what was looked for and what was found."""
    _restore_step(
        inputs,
        {
            "primary": lambda key: set_output("cache-primary-key", key),
            "matched": lambda key: set_output("cache-matched-key", key),
        },
    )


def _restore_step(inputs: Inputs, tell: Mapping[str, Callable[[str], None]]) -> None:
    """Fetch the cache of the key, or the newest one of a restore key."""
    key, paths = inputs.text("key", required=True), _paths(inputs)
    keys = [key, *inputs.lines("restore-keys")]
    _check(keys)
    tell["primary"](key)
    try:
        matched = _restore(keys, paths, lookup_only=inputs.flag("lookup-only"))
    except (ActionError, AnswerError, OSError, tarfile.TarError, EOFError) as error:
        warning(f"Failed to restore: {error}")
        matched = ""
    if not matched:
        if inputs.flag("fail-on-cache-miss"):
            raise ActionError(
                f"Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: {key}"
            )
        info(f"Cache not found for input keys: {', '.join(keys)}")
        return
    tell["matched"](matched)
    # Keys are compared without regard to case, as upstream does.
    set_output("cache-hit", str(matched.lower() == key.lower()).lower())
    done = "found and can be restored" if inputs.flag("lookup-only") else "restored"
    info(f"Cache {done} from key: {matched}")


def save_only(inputs: Inputs) -> None:
    """Keep the paths under the key."""
    if not _save(inputs.text("key", required=True), _paths(inputs)):
        warning("Cache save failed.")


def save_after(inputs: Inputs) -> None:
    """Keep the paths under the key that the first half looked for, unless it found that very one."""
    key = state("key") or inputs.text("key")
    if not key:
        warning("Key is not specified.")
    elif state("matched").lower() == key.lower():
        info(f"Cache hit occurred on the primary key {key}, not saving cache.")
    else:
        _save(key, _paths(inputs))


def _paths(inputs: Inputs) -> list[str]:
    inputs.text("path", required=True)
    return [
        line.removesuffix("/") if line.startswith("!") else line
        for line in inputs.lines("path")
    ]


def _check(keys: list[str]) -> None:
    if len(keys) > MAX_KEYS:
        raise ActionError(
            f"Key Validation Error: Keys are limited to a maximum of {MAX_KEYS}."
        )
    for key in keys:
        if len(key) > MAX_KEY_LENGTH:
            raise ActionError(
                f"Key Validation Error: {key} cannot be larger than {MAX_KEY_LENGTH} characters."
            )
        if "," in key:
            raise ActionError(f"Key Validation Error: {key} cannot contain commas.")


def _version(paths: list[str]) -> str:
    """Caches of other paths or another compression are other caches."""
    return hashlib.sha256(
        "|".join([*paths, COMPRESSION, VERSION_SALT]).encode()
    ).hexdigest()


def _restore(keys: list[str], paths: list[str], *, lookup_only: bool) -> str:
    """The key of the cache that was unpacked; empty where there is none."""
    service = Twirp(CACHE_SERVICE, os.environ)
    request = {"key": keys[0], "restore_keys": keys[1:], "version": _version(paths)}
    found = service.call("GetCacheEntryDownloadURL", request)
    if not found.get("ok"):
        return ""
    matched = str(found["matched_key"])
    info(f"Cache hit for{' restore-key' if matched != keys[0] else ''}: {matched}")
    if lookup_only:
        info("Lookup only - skipping download")
        return matched
    with tempfile.TemporaryDirectory(dir=os.environ.get("RUNNER_TEMP")) as aside:
        archive = Path(aside, "cache.tgz")
        get_blob(str(found["signed_download_url"]), archive)
        info(
            f"Cache Size: ~{round(archive.stat().st_size / 2**20)} MB ({archive.stat().st_size} B)"
        )
        _unpack(archive)
    info("Cache restored successfully")
    return matched


def _save(key: str, paths: list[str]) -> bool:
    """Whether the cache was kept; why not is said."""
    try:
        _check([key])
        files = _resolved(paths)
        if not files:
            warning(
                "Path Validation Error: Path(s) specified in the action for caching do(es) not exist, "
                "hence no cache is being saved."
            )
            return False
        return _send(key, _version(paths), files)
    except (ActionError, AnswerError, OSError) as error:
        warning(f"Failed to save: {error}")
        return False


def _send(key: str, version: str, files: list[str]) -> bool:
    service = Twirp(CACHE_SERVICE, os.environ)
    try:
        reserved = service.call("CreateCacheEntry", {"key": key, "version": version})
    except ActionError:
        reserved = {}
    if not reserved.get("ok"):
        if reserved.get("message"):
            warning(f"Cache reservation failed: {reserved['message']}")
        info(
            f"Failed to save: Unable to reserve cache with key {key}, another job may be creating this cache."
        )
        return False
    with tempfile.TemporaryDirectory(dir=os.environ.get("RUNNER_TEMP")) as aside:
        archive = Path(aside, "cache.tgz")
        with tarfile.open(
            archive, "w:gz", compresslevel=6, format=tarfile.PAX_FORMAT
        ) as tar:
            for name in files:
                tar.add(workspace() / name, arcname=name)
        size_bytes, _ = put_blob(
            str(reserved["signed_upload_url"]), archive, "application/octet-stream"
        )
    done = service.call(
        "FinalizeCacheEntryUpload",
        {"key": key, "version": version, "size_bytes": str(size_bytes)},
    )
    if not done.get("ok"):
        raise ActionError(
            str(done.get("message") or f"Unable to finalize cache with key {key}")
        )
    info(f"Cache saved with key: {key}")
    return True


def _resolved(paths: list[str]) -> list[str]:
    """What the patterns match, from the workspace; a folder stands for all that is in it."""
    folder = workspace()
    patterns = [parse_pattern(path, folder) for path in paths]
    chosen: dict[str, None] = {}
    for path, pattern in zip(paths, patterns, strict=True):
        if pattern.negate:
            continue
        literal = pattern.search_path
        matches = (
            [literal] if not glob.has_magic(path) else list(walk(literal, hidden=True))
        )
        for found in matches:
            if not os.path.lexists(found) or (
                glob.has_magic(path) and not pattern.matches(found, is_folder=False)
            ):
                continue
            if not any(
                other.negate and other.matches(found, is_folder=False)
                for other in patterns
            ):
                chosen[os.path.relpath(found, folder)] = None
    return list(chosen)


def _unpack(archive: Path) -> None:
    """Put everything back where it was, below the workspace.

    HOME or the runner's temporary folder.
    """
    folder = workspace().resolve()
    roots = [
        folder,
        Path.home().resolve(),
        Path(os.environ.get("RUNNER_TEMP") or folder).resolve(),
    ]

    def placed(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo:
        target = Path(os.path.normpath(folder / member.name))
        if not any(target.is_relative_to(root) for root in roots):
            raise tarfile.TarError(
                f"{member.name} lies outside of the workspace and of HOME"
            )
        return member

    with tarfile.open(archive, "r:gz") as tar:
        tar.extractall(folder, filter=placed)  # noqa: S202 - `placed` looks at every member
