"""`python -m pipeline` that says on a pipe which phase of its life begins.

Is killed in one; see the driver.

Usage: training_kill_child.py FD PHASE COUNT NANOSECONDS WORDS. A timer of the kernel's
sends SIGKILL so long after the phase began for the so-manieth time: phases of a tenth
of a millisecond are over before another process could.
"""

import ctypes
import os
import signal
import struct
import sys

SINK, DEADLY, COUNT, NANOSECONDS = (int(sys.argv.pop(1)) for _ in range(4))
CLOCK_MONOTONIC, SIGEV_SIGNAL = 1, 0


def say(phase: int) -> None:
    """By its number in the driver's list; a byte in a pipe outlives the process."""
    global COUNT  # noqa: PLW0603  # down to the one that is meant
    os.write(SINK, bytes([phase]))
    if phase == DEADLY:
        COUNT -= 1
        if not COUNT:
            be_killed()


def be_killed() -> None:
    """By timer_create(2), which can send any signal."""
    library, timer = ctypes.CDLL(None, use_errno=True), ctypes.c_void_p()
    event = struct.pack("QiI48x", 0, signal.SIGKILL, SIGEV_SIGNAL)
    assert library.timer_create(CLOCK_MONOTONIC, event, ctypes.byref(timer)) == 0
    seconds, rest = divmod(max(NANOSECONDS, 1), 10**9)
    assert (
        library.timer_settime(timer, 0, struct.pack("qqqq", 0, 0, seconds, rest), None)
        == 0
    )


say(1)

from collections.abc import Callable  # noqa: E402  # after the first phase began
from typing import Any  # noqa: E402

from pipeline.cli import fast_path as entry  # noqa: E402
from pipeline.reporting import log as report  # noqa: E402
from pipeline.state.store import Store  # noqa: E402
from pipeline.training import update as run  # noqa: E402


def mark(
    owner: object, name: str, phase: int, after: Callable[[], None] | None = None
) -> None:
    """Say the phase when a function of a module or a class is called.

    Do what is to come after it.
    """
    function: Callable[..., Any] = getattr(owner, name)

    def marked(*args: Any, **options: Any) -> Any:  # noqa: ANN401
        say(phase)
        given = function(*args, **options)
        if after is not None:
            after()
        return given

    setattr(owner, name, marked)


def import_marked() -> None:
    """What the training imports where it has something to learn, a little earlier.

    To mark what that brings.
    """
    from pipeline.models.population import Population  # noqa: PLC0415  # heavy
    from pipeline.training.loop import Training  # noqa: PLC0415

    mark(Training, "__init__", 7)
    mark(Training, "_read_rows", 8)
    mark(Population, "score_and_train", 9)
    mark(Training, "commit", 10)


mark(Store, "lock", 2)
mark(Store, "load", 3)
mark(Store, "recover", 4)
mark(run, "find_starting_point", 5)
mark(Store, "commit", 11, lambda: say(8))
mark(report, "write_summary", 12)
mark(report, "write_page", 13, lambda: say(14))
mark(Store, "prepare", 6, import_marked)
entry.main()
