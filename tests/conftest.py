"""What the rooms of the tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture
def heed_sigint() -> Iterator[None]:
    """Let programs that the test starts hear SIGINT.

    A parent may ignore it (a shell does so for its background jobs, some CI too), and
    what ignores a signal hands that on to all it starts. One that is handled is back at
    its default in a program started from here.
    """
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
