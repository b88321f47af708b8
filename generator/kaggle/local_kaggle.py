"""The door to the local Kaggle: opened on a folder, reached by an unmodified client."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

from ..errors import OutputError
from .catalog import Catalog
from .handler import KaggleHandler
from .service import KaggleService

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.02


class LocalKaggle:
    """A running local Kaggle."""

    def __init__(self, service: KaggleService, port: int) -> None:
        self.service = service
        self.url = f"http://{LOOPBACK}:{port}"

    def make_environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that lead an unmodified client here.

        `LOCALHOST` sends it to `http://localhost`, which has no port of its own: so the
        server is the proxy for that, and hands on what other hosts are asked for.
        """
        # The client's own host is to come to us.
        hosts = dict.fromkeys([LOOPBACK, *environ.get("no_proxy", "").split(",")])
        hosts.pop("localhost", None)
        no_proxy = ",".join(filter(None, hosts))
        return {
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "http_proxy": self.url,
            "no_proxy": no_proxy,
            "NO_PROXY": no_proxy,
        }


class _QuietServer(ThreadingHTTPServer):
    """Says nothing of a client that went away."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over it: what matters to a client, it was told."""


@contextmanager
def open_local_kaggle(folder: Path, port: int = 0) -> Iterator[LocalKaggle]:
    """Serve a folder on loopback until the block ends.

    Raises SettingsError for a folder that is none, OutputError for a port in use.
    """
    # Looked up at each call: a file put there is a new version at once.
    service = KaggleService(Catalog(folder))
    handler = type("Handler", (KaggleHandler,), {"service": service})
    try:
        server = _QuietServer((LOOPBACK, port), handler)
    except OSError as error:
        raise OutputError(f"port {port}: {error.strerror}") from error
    kaggle = LocalKaggle(service, server.server_address[1])
    service.storage = kaggle.url
    options = {"poll_interval": _POLL_SECONDS}
    thread = threading.Thread(target=server.serve_forever, kwargs=options)
    thread.start()
    try:
        yield kaggle
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
