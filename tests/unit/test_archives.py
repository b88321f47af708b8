"""Whoever opens an archive refuses a hostile or broken one and writes nothing outside."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from generator.config.settings import load
from generator.rendering.render import render_all
from generator.runner.actions.stand_ins.toolkit import ActionError
from generator.runner.actions.stand_ins.unpacking import (
    BROKEN_ARCHIVE_ERRORS,
    unpack_artifact,
    unpack_cache,
)
from pipeline.errors import SourceError
from pipeline.sources.containers.zips import list_zip_members
from pipeline.sources.csv import explain_broken_file
from tests.unit.archive_fuzzer import CONTENT, World, make_tar, make_zip

Maker = Callable[[int, Path], bytes]
Opener = Callable[[bytes, World], None]
# Seeds of `make test`, and of `make bench`.
FEW, MANY = 250, 20_000


def load_script() -> dict[str, Any]:
    """Run the rendered script as a module."""
    settings = load(Path("nowhere"), {}, {"store": ("store", "release")})
    files = render_all(settings, Path("nowhere"))
    (text,) = (file.text for file in files if file.template == "keep_state.py.j2")
    namespace: dict[str, Any] = {"__name__": "keep_state"}
    exec(compile(text, "keep_state.py", "exec"), namespace)  # noqa: S102 - ours
    return namespace


SCRIPT = load_script()
SCRIPT_REFUSALS = (SCRIPT["CannotTellError"], OSError)


class State(Protocol):
    """What the script keeps."""

    def pack(self) -> bytes: ...
    def unpack(self, packed: bytes) -> None: ...
    def unpack_artifacts(self, packed: Mapping[str, bytes]) -> None: ...


def make_state(world: World) -> State:
    """Build the script's State, its folders in the workspace."""
    env = {
        "STATE_FOLDERS": f"{world.workspace}/model/\n{world.workspace}/data/",
        "STATE_BRANCH": "main",
        "STATE_WORKFLOW": "train.yml",
        "GITHUB_RUN_ID": "1",
    }
    state: State = SCRIPT["State"](env)
    return state


def restore_stored(packed: bytes, world: World) -> None:
    make_state(world).unpack(packed)


def carry_over_artifact(packed: bytes, world: World) -> None:
    make_state(world).unpack_artifacts({"model": packed})


def download_artifact(packed: bytes, world: World) -> None:
    archive = world.workspace / "blob"
    archive.write_bytes(packed)
    unpack_artifact(archive, world.workspace)


def restore_cache(packed: bytes, world: World) -> None:
    archive = world.workspace / "blob"
    archive.write_bytes(packed)
    unpack_cache(archive, world.workspace, [world.workspace])


def read_source(packed: bytes, _: World) -> None:
    for member in list_zip_members("rows.zip", lambda: io.BytesIO(packed)):
        with explain_broken_file(member.name), member.open() as stream:
            stream.read()


MAKERS: dict[Opener, tuple[Maker, tuple[type[Exception], ...]]] = {
    restore_stored: (make_tar, SCRIPT_REFUSALS),
    carry_over_artifact: (make_zip, SCRIPT_REFUSALS),
    download_artifact: (make_zip, (ActionError,)),
    restore_cache: (make_tar, BROKEN_ARCHIVE_ERRORS),
    read_source: (make_zip, (SourceError,)),
}


def is_opened(seed: int, opener: Opener, world: World) -> bool:
    """Open the archive of a seed; False where it was refused as it should be."""
    make, refusals = MAKERS[opener]
    try:
        opener(make(seed, world.outside), world)
    except refusals:
        return False
    return True


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("opener", MAKERS, ids=lambda opener: opener.__name__)
@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(FEW), id="few"),
        pytest.param(
            range(MANY), id="many", marks=[pytest.mark.bench, pytest.mark.timeout(1200)]
        ),
    ],
)
def test_any_archive_is_opened_or_refused_and_nothing_gets_out(
    seeds: range, opener: Opener, world: World
) -> None:
    opened = 0
    for seed in seeds:
        world.renew()
        opened += is_opened(seed, opener, world)
        assert world.is_untouched(), f"seed {seed} wrote outside of the workspace"
    # A fuzzer whose every archive is refused at once would show nothing.
    assert opened > len(seeds) // 100


def pack_tar(*members: tuple[str, bytes, str]) -> bytes:
    """Pack members of name, type and where a link leads; files hold CONTENT."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, kind, linkname in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, linkname
            if member.isreg():
                member.size = len(CONTENT)
            archive.addfile(member, io.BytesIO(CONTENT))
    return packed.getvalue()


def pack_zip(*members: tuple[str, int]) -> bytes:
    """Pack members of name and Unix file type; each holds CONTENT."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, kind in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = (kind | 0o644) << 16
            archive.writestr(member, CONTENT)
    return packed.getvalue()


FILE, FOLDER = tarfile.REGTYPE, tarfile.DIRTYPE
SYMLINK, HARD_LINK, DEVICE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE


@pytest.mark.parametrize(
    "members",
    [
        [("model//{}/y", FILE, "")],
        [("/{}/y", FILE, "")],
        [("model/../../outside/y", FILE, "")],
        [("model/a\\b", FILE, "")],
        [("model/C:x", FILE, "")],
        [("model/y", SYMLINK, "{}/x")],
        [("model/y", HARD_LINK, "{}/x")],
        [("model/y", DEVICE, "")],
        [("model/y", FILE, ""), ("model/y", FILE, "")],
        [("model/y", FILE, ""), ("model/Y", FILE, "")],
        [("model/y", FILE, ""), ("model/y/z", FILE, "")],
        [("model/out/y", FILE, "")],
        [("model", FILE, "")],
        [("Model/y", FILE, "")],
    ],
    ids=str,
)
def test_a_stored_state_goes_into_its_folders_or_nowhere(
    members: list[tuple[str, bytes, str]], world: World
) -> None:
    world.renew()
    place = str(world.outside).lstrip("/")
    members = [
        (name.replace("{}", place), kind, link.replace("{}", f"/{place}"))
        for name, kind, link in members
    ]
    packed = pack_tar(("data/first", FILE, ""), *members)
    with pytest.raises(SCRIPT["CannotTellError"], match="the archive holds"):
        restore_stored(packed, world)
    assert world.is_untouched()
    assert not list(world.workspace.rglob("first")), "written before all was checked"


@pytest.mark.parametrize(
    "names",
    [
        ["{}/y"], ["../outside/y"], ["a//y"], ["a/./y"], ["a\\..\\y"], ["C:y"],
        ["out/y"], ["y", "y/z"],
    ],
    ids=str,
)  # fmt: skip
def test_an_artifact_goes_into_its_folder_or_nowhere(
    names: list[str], world: World
) -> None:
    place = str(world.outside)
    packed = pack_zip(
        ("first", stat.S_IFREG),
        *((name.replace("{}", place), stat.S_IFREG) for name in names),
    )
    for opener, refusals in (
        (download_artifact, ActionError),
        (carry_over_artifact, SCRIPT["CannotTellError"]),
    ):
        world.renew()
        with pytest.raises(refusals):
            opener(packed, world)
        assert world.is_untouched()
        assert not list(world.workspace.rglob("first"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_an_artifact_are_refused(kind: int, world: World) -> None:
    world.renew()
    packed = pack_zip(("y.csv", kind))
    for opener, refusals in (
        (download_artifact, ActionError),
        (carry_over_artifact, SCRIPT["CannotTellError"]),
        (read_source, SourceError),
    ):
        with pytest.raises(refusals):
            opener(packed, world)


@pytest.mark.parametrize(
    "members",
    [
        [("../outside/y", FILE, "")],
        [("out/y", FILE, "")],
        [("out", FOLDER, "")],
        [("link", SYMLINK, "../outside"), ("link/y", FILE, "")],
        [("link", SYMLINK, "../outside"), ("LINK/y", FILE, "")],
        [("link/y", FILE, ""), ("link", SYMLINK, "../outside")],
        [("link", SYMLINK, "../outside"), ("link", FOLDER, "")],
        [("link", SYMLINK, "../outside/x"), ("link", FILE, "")],
        [("y", HARD_LINK, "../outside/x"), ("y", FILE, "")],
        [("y", HARD_LINK, "../outside/x")],
        [("y", DEVICE, "")],
        [("y", tarfile.FIFOTYPE, "")],
    ],
    ids=str,
)
def test_a_cache_goes_into_the_workspace_or_nowhere(
    members: list[tuple[str, bytes, str]], world: World
) -> None:
    world.renew()
    with pytest.raises(tarfile.TarError):
        restore_cache(pack_tar(("first", FILE, ""), *members), world)
    assert world.is_untouched()
    assert not (world.workspace / "first").exists()


def test_a_cache_brings_links_back_and_replaces_those_in_its_way(world: World) -> None:
    world.renew()
    members = [
        ("bin/python", SYMLINK, "/usr/bin/python3"),
        ("lib/a", FILE, ""),
        ("lib/b", HARD_LINK, "lib/a"),
        # Patterns that overlap pack a file twice.
        ("lib/a", FILE, ""),
        ("out", FILE, ""),
    ]
    restore_cache(pack_tar(*members), world)
    assert world.is_untouched()
    assert (world.workspace / "bin/python").readlink() == Path("/usr/bin/python3")
    for name in ("lib/a", "lib/b", "out"):
        assert (world.workspace / name).read_bytes() == CONTENT
    assert not (world.workspace / "out").is_symlink()


def test_a_state_that_could_not_be_restored_is_not_kept(world: World) -> None:
    world.renew()
    model, data = world.workspace / "model", world.workspace / "data"
    (model / "out").unlink()
    data.mkdir()
    (data / "data_state.json").write_bytes(b"{}")
    (model / "a").write_bytes(b"model")
    (model / "b").hardlink_to(model / "a")
    (model / "c").symlink_to("a")
    state = make_state(world)
    packed = state.pack()
    world.renew()
    (model / "out").unlink()
    state.unpack(packed)
    assert [(model / name).read_bytes() for name in "abc"] == [b"model"] * 3
    (model / "back\\slash").touch()
    with pytest.raises(SCRIPT["CannotTellError"], match="no part of a state"):
        state.pack()


def test_a_source_whose_archive_has_a_name_twice_is_refused(world: World) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed = pack_zip(("rows.csv", stat.S_IFREG), ("rows.csv", stat.S_IFREG))
    with pytest.raises(SourceError, match="twice"):
        read_source(packed, world)
