"""A stop by signal is an interruption like Ctrl-C.

One is enough, and another must not cut the clean-up short.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def handle_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first of SIGINT, SIGTERM and SIGHUP, and ignore the rest.

    Main thread only.
    """

    def interrupt(_: int, __: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    previous = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in previous.items():
        # One that is ignored already (nohup, a shell's background job) stays so.
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
