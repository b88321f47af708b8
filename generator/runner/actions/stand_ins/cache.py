"""Stand-in for actions/cache, actions/cache/restore and actions/cache/save.

Sources: src/restoreImpl.ts and src/saveImpl.ts of actions/cache, packages/cache of
actions/toolkit (service v2). Where a cache cannot be restored or saved the job goes on
with a warning, as upstream has it.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .search import Pattern, parse_pattern, walk_files
from .toolkit import (
    ActionError,
    Inputs,
    get_state,
    get_temporary_folder,
    get_workspace,
    info,
    run_action,
    save_state,
    set_output,
    warning,
)
from .unpacking import BROKEN_ARCHIVE_ERRORS, unpack_cache
from .web import (
    CACHE_SERVICE,
    AnswerError,
    TwirpClient,
    download_blob,
    upload_blob,
)

VERSION_SALT = "1.0"
COMPRESSION = "gzip"
COMPRESSION_LEVEL = 6
MAX_KEY_LENGTH = 512
MAX_KEYS = 10
GLOB_SIGNS = frozenset("*?[")
RESTORE_ERRORS = (ActionError, AnswerError, *BROKEN_ARCHIVE_ERRORS)

SetValue = Callable[[str, str], None]


class ReportNames(NamedTuple):
    """Where a restore says which key was looked for, and which was found."""

    set_value: SetValue
    primary: str
    matched: str


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
    _restore_step(inputs, ReportNames(save_state, "key", "matched"))


def restore_only(inputs: Inputs) -> None:
    """Restore, and say by outputs what was looked for and what was found."""
    names = ReportNames(set_output, "cache-primary-key", "cache-matched-key")
    _restore_step(inputs, names)


def _restore_step(inputs: Inputs, report: ReportNames) -> None:
    """Restore the cache of the key, or the newest one of a restore key."""
    key = inputs.get_text("key", required=True)
    paths = _read_paths(inputs)
    keys = [key, *inputs.get_lines("restore-keys")]
    _check_keys(keys)
    report.set_value(report.primary, key)
    matched = ""
    lookup_only = False
    try:
        lookup_only = inputs.get_boolean("lookup-only")
        matched = _restore(keys, paths, lookup_only=lookup_only)
    except RESTORE_ERRORS as error:
        warning(f"Failed to restore: {error}")
    if not matched:
        if inputs.get_boolean("fail-on-cache-miss"):
            raise ActionError(
                "Failed to restore cache entry. Exiting as fail-on-cache-miss is set. "
                f"Input key: {key}"
            )
        info(f"Cache not found for input keys: {', '.join(keys)}")
        return
    report.set_value(report.matched, matched)
    # Keys are compared without regard to case, as upstream does.
    set_output("cache-hit", str(matched.lower() == key.lower()).lower())
    if lookup_only:
        info(f"Cache found and can be restored from key: {matched}")
    else:
        info(f"Cache restored from key: {matched}")


def save_only(inputs: Inputs) -> None:
    """Save the paths under the key."""
    key = inputs.get_text("key", required=True)
    if not _save(key, _read_paths(inputs)):
        warning("Cache save failed.")


def save_after(inputs: Inputs) -> None:
    """Save the paths under the key that the first half looked for, unless it found it."""
    key = get_state("key") or inputs.get_text("key")
    if not key:
        warning("Key is not specified.")
    elif get_state("matched").lower() == key.lower():
        info(f"Cache hit occurred on the primary key {key}, not saving cache.")
    else:
        _save(key, _read_paths(inputs))


def _read_paths(inputs: Inputs) -> list[str]:
    inputs.get_text("path", required=True)
    paths = []
    for line in inputs.get_lines("path"):
        path = line
        # With its slash, an excluded folder would not exclude the files in it.
        if line.startswith("!"):
            path = line.removesuffix("/")
        paths.append(path)
    return paths


def _check_keys(keys: list[str]) -> None:
    """Raise ActionError for keys that upstream refuses."""
    if len(keys) > MAX_KEYS:
        raise ActionError(
            f"Key Validation Error: Keys are limited to a maximum of {MAX_KEYS}."
        )
    for key in keys:
        if len(key) > MAX_KEY_LENGTH:
            raise ActionError(
                f"Key Validation Error: {key} cannot be larger than "
                f"{MAX_KEY_LENGTH} characters."
            )
        if "," in key:
            raise ActionError(f"Key Validation Error: {key} cannot contain commas.")


def _make_version(paths: list[str]) -> str:
    """Digest the paths: caches of other paths or another compression are other caches."""
    # The parts and their order are upstream's.
    parts = [*paths, COMPRESSION, VERSION_SALT]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _restore(keys: list[str], paths: list[str], *, lookup_only: bool) -> str:
    """Return the key of the cache that was unpacked; empty where there is none."""
    service = TwirpClient(CACHE_SERVICE, os.environ)
    request = {
        "key": keys[0],
        "restore_keys": keys[1:],
        "version": _make_version(paths),
    }
    answer = service.call("GetCacheEntryDownloadURL", request)
    if not answer.get("ok"):
        return ""
    matched = str(answer["matched_key"])
    if matched == keys[0]:
        info(f"Cache hit for: {matched}")
    else:
        info(f"Cache hit for restore-key: {matched}")
    if lookup_only:
        info("Lookup only - skipping download")
        return matched
    with tempfile.TemporaryDirectory(dir=get_temporary_folder()) as folder:
        archive = Path(folder, "cache.tgz")
        download_blob(str(answer["signed_download_url"]), archive)
        size_bytes = archive.stat().st_size
        info(f"Cache Size: ~{round(size_bytes / 2**20)} MB ({size_bytes} B)")
        _unpack(archive)
    info("Cache restored successfully")
    return matched


def _save(key: str, paths: list[str]) -> bool:
    """Save the paths; return whether that worked. Why not is in the log."""
    try:
        _check_keys([key])
        files = _find_paths(paths)
        if not files:
            warning(
                "Path Validation Error: Path(s) specified in the action for caching "
                "do(es) not exist, hence no cache is being saved."
            )
            return False
        return _upload(key, _make_version(paths), files)
    except (ActionError, AnswerError, OSError) as error:
        warning(f"Failed to save: {error}")
        return False


def _upload(key: str, version: str, files: list[str]) -> bool:
    """Reserve the key, upload the archive and finalize it; return whether it was free."""
    service = TwirpClient(CACHE_SERVICE, os.environ)
    entry = {"key": key, "version": version}
    url = _reserve(service, entry)
    if not url:
        return False
    with tempfile.TemporaryDirectory(dir=get_temporary_folder()) as folder:
        archive = Path(folder, "cache.tgz")
        _pack(archive, files)
        size_bytes, _ = upload_blob(url, archive, "application/octet-stream")
    answer = service.call(
        "FinalizeCacheEntryUpload", {**entry, "size_bytes": str(size_bytes)}
    )
    if not answer.get("ok"):
        fallback = f"Unable to finalize cache with key {key}"
        raise ActionError(str(answer.get("message") or fallback))
    info(f"Cache saved with key: {key}")
    return True


def _reserve(service: TwirpClient, entry: dict[str, str]) -> str:
    """Return the address to upload to; empty where the key is taken."""
    try:
        # A key that is taken is answered with 409, which the client raises.
        answer = service.call("CreateCacheEntry", entry)
    except ActionError:
        answer = {}
    if answer.get("ok"):
        return str(answer["signed_upload_url"])
    if answer.get("message"):
        warning(f"Cache reservation failed: {answer['message']}")
    info(
        f"Failed to save: Unable to reserve cache with key {entry['key']}, "
        "another job may be creating this cache."
    )
    return ""


def _pack(archive: Path, files: list[str]) -> None:
    workspace = get_workspace()
    # PAX has no limits to the length of a name or the size of a file.
    with tarfile.open(
        archive,
        "w:gz",
        compresslevel=COMPRESSION_LEVEL,
        format=tarfile.PAX_FORMAT,
    ) as tar:
        for name in files:
            tar.add(workspace / name, arcname=name)


def _find_paths(paths: list[str]) -> list[str]:
    """Find what the patterns match, relative to the workspace.

    A folder stands for all that is in it.
    """
    workspace = get_workspace()
    patterns = [parse_pattern(path, workspace) for path in paths]
    excluding = [pattern for pattern in patterns if pattern.negate]
    # A dict keeps the order, which a set does not.
    found: dict[str, None] = {}
    for path, pattern in zip(paths, patterns, strict=True):
        if pattern.negate:
            continue
        for match in _list_matches(path, pattern):
            if not _is_excluded(match, excluding):
                found[os.path.relpath(match, workspace)] = None
    return list(found)


def _list_matches(path: str, pattern: Pattern) -> list[str]:
    start = pattern.search_path
    if GLOB_SIGNS.isdisjoint(path):
        return [start] if os.path.lexists(start) else []
    files = walk_files(start, hidden=True)
    return [file for file in files if pattern.matches(file, is_folder=False)]


def _is_excluded(path: str, excluding: list[Pattern]) -> bool:
    return any(pattern.matches(path, is_folder=False) for pattern in excluding)


def _unpack(archive: Path) -> None:
    """Put everything back where it was.

    Raises tarfile.TarError for what lies neither in the workspace, nor in HOME, nor in
    the runner's temporary folder.
    """
    workspace = get_workspace().resolve()
    temporary = Path(get_temporary_folder() or workspace)
    unpack_cache(archive, workspace, (workspace, Path.home(), temporary))
