"""Which servers use a store at this moment, each known by a lock that ends with it."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from ..locks import HeldLock, is_held


class ServerPresence:
    """A server's own lock among those of the servers of a store, held until `close`.

    `id` is what the runs that it begins are marked with.
    """

    def __init__(self, folder: Path) -> None:
        """Raise OSError where the folder cannot be written to."""
        self._folder = folder
        self.id = secrets.token_hex(8)
        self._lock = HeldLock(folder / f"{self.id}.lock")

    def list_living(self) -> set[str]:
        """The ids of the servers that go on; what dead ones left is removed."""
        living = set()
        for path in self._folder.glob("*.lock"):
            if is_held(path):
                living.add(path.stem)
            else:
                path.unlink(missing_ok=True)
        return living

    def close(self) -> None:
        """Leave: whatever run this server began and did not finish is abandoned."""
        # A lock that stays is found dead by the next server.
        with contextlib.suppress(OSError):
            self._lock.path.unlink()
        self._lock.release()
