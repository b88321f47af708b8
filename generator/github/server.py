"""The HTTP server: uvicorn on a loopback socket, in a background thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Self, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..errors import LocalGitHubError
from .app import App
from .context import AppContext

START_SECONDS = 30
STOP_SECONDS = 2


class _Protocol(HttpToolsProtocol):
    """Hands the transport to the application, which has to cut connections on request."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope = cast("dict[str, object]", self.scope)
        scope["wfgen.transport"] = self.transport


class _Server(uvicorn.Server):
    """Waits for an event where uvicorn looks ten times a second, so that stopping costs nothing."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        for listening in sockets or []:
            listening.close()


class ServerThread:
    """Serves one AppContext until it is stopped; a context manager."""

    def __init__(self, context: AppContext, port: int = 0) -> None:
        """Take a port of 127.0.0.1 (0: any); raises LocalGitHubError for one that is in use."""
        # asyncio turns Nagle's algorithm off only where the protocol is named; without,
        # each answer on a kept connection waits 40 ms for the client's delayed
        # acknowledgement of its header.
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )
        # A port that another server has just left can be had at once.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise LocalGitHubError(
                f"port {port} of 127.0.0.1 cannot be used: {error.strerror}"
            ) from error
        self._socket.listen(512)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._context = context
        self._ready = threading.Event()
        self._request_stop: Callable[[], object] | None = None
        self._thread = threading.Thread(
            target=self._run, name="local-github", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        # The socket listens already: a request that comes early waits in its queue.
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop serving; waits for answers under way, but not for long."""
        if not self._thread.is_alive() or not self._ready.wait(START_SECONDS):
            self._socket.close()
            return
        if self._request_stop is not None:
            # The loop may have ended by itself since it was asked.
            with contextlib.suppress(RuntimeError):
                self._request_stop()
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        config = uvicorn.Config(
            App(self._context),
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            # Uvicorn's own 5 seconds are shorter than a job's pauses between calls, and a
            # call sent just as its connection is closed fails.
            timeout_keep_alive=60,
        )
        server = _Server(config)
        loop = asyncio.get_running_loop()
        # Whoever stops the server does so from another thread.
        self._request_stop = partial(loop.call_soon_threadsafe, server.stopping.set)
        self._ready.set()
        await server.serve(sockets=[self._socket])
