"""A Python that has imported the stand-ins, and forks for each that is to run.

Most of what a stand-in takes is imports: where hundreds of runs follow each other, one
process that has them saves most of the time. A client (fork_client.py) hands over its
folder, its variables and its three streams; the fork works as if it were the client,
and ends with it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from ...process import StreamControl, SystemRunner
from .registry import STAND_INS

# sun_path of unix(7) holds 108 bytes, some systems' 104.
MAX_FOLDER_LENGTH = 90
_STREAMS = 3
_LOOK_SECONDS = 0.5
_KILLED = 137
# What `-I` needs on its path to import this package, under whatever name it is installed.
_PACKAGE_PARENT = Path(__file__).parents[__name__.count(".")]


@contextlib.contextmanager
def run_fork_server(beside: Path) -> Iterator[Path]:
    """Run a server while the `with` lasts; yields its socket, for this user alone.

    It lies in the folder `beside`, which is the caller's to remove, or where its path
    would be too long for a socket, in a temporary one.
    """
    if len(str(beside)) < MAX_FOLDER_LENGTH:
        beside.chmod(0o700)
        with _start_server(beside / "forks") as address:
            yield address
        return
    with (
        tempfile.TemporaryDirectory(prefix="wfgen-") as folder,
        _start_server(Path(folder) / "forks") as address,
    ):
        yield address


@contextlib.contextmanager
def _start_server(address: Path) -> Iterator[Path]:
    script = (
        f"import sys; sys.path.insert(0, {str(_PACKAGE_PARENT)!r})\n"
        f"from {__name__} import serve\n"
        f"serve({str(address)!r}, {os.getpid()})\n"
    )
    argv = [sys.executable, "-I", "-S", "-c", script]
    control = StreamControl()
    environment = {"PATH": os.environ.get("PATH", os.defpath)}

    def work() -> None:
        with contextlib.suppress(OSError):
            SystemRunner().stream(argv, _ignore, env=environment, control=control)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        # Where it does not come up, each client runs its script itself.
        for _ in range(100):
            if address.exists() or not thread.is_alive():
                break
            time.sleep(0.05)
        yield address
    finally:
        control.kill()
        thread.join()


def _ignore(_: str) -> None:
    """What the server itself says is of no interest."""


def serve(address: str, parent: int) -> None:
    """Answer clients until the process that started it is gone."""
    for stand_in in STAND_INS.values():
        importlib.import_module(f"{__package__}.stand_ins.{stand_in.module}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound aside: who finds the socket finds somebody listening.
    aside = f"{address}.part"
    listener.bind(aside)
    listener.listen(64)
    Path(aside).rename(address)
    listener.settimeout(_LOOK_SECONDS)
    while os.getppid() == parent:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        connection.settimeout(None)
        if os.fork() == 0:
            listener.close()
            _answer(connection)
        connection.close()


def _answer(connection: socket.socket) -> None:
    """Be the client, run its script, tell its exit code; does not return."""
    code = 1
    try:
        head, streams, _, _ = socket.recv_fds(connection, 8, _STREAMS)
        left = int.from_bytes(head, "big")
        payload = b""
        while len(payload) < left:
            payload += connection.recv(left - len(payload))
        folder, script, *variables = payload.split(b"\0")
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _take_environment(variables)
        os.chdir(folder)
        threading.Thread(target=_follow, args=(connection,), daemon=True).start()
        code = _run_script(Path(os.fsdecode(script)))
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            connection.sendall(bytes([code & 0xFF]))
        os._exit(code)


def _take_environment(variables: list[bytes]) -> None:
    os.environ.clear()
    for entry in variables:
        name, _, value = entry.partition(b"=")
        os.environb[name] = value


def _follow(connection: socket.socket) -> None:
    """End with the client: one that is cancelled is killed."""
    if not connection.recv(1):
        os._exit(_KILLED)


def _run_script(script: Path) -> int:
    text = script.read_text(encoding="utf-8")
    try:
        # The script that this package itself wrote for the step (writer.py).
        exec(compile(text, str(script), "exec"), {"__name__": "__main__"})  # noqa: S102
    # As Python itself ends with what nobody caught.
    except Exception:  # noqa: BLE001 - as said
        traceback.print_exc()
        return 1
    except SystemExit as end:
        if isinstance(end.code, int):
            return end.code
        return int(end.code is not None)
    return 0
