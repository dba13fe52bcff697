"""What every test may lean on; tests of real parts are left out by name unless they are asked for."""

import os
import signal
from collections.abc import Generator
from types import FrameType

import pytest
from hypothesis import settings

settings.register_profile("hotline", deadline=None)
settings.load_profile("hotline")

NEEDS_REAL_PARTS = os.environ.get("HOTLINE_TEST_REAL") == "1"
LEFT_OUT = ("real", "browser", "long")
LONGEST_TEST_SECONDS = 240
LONGEST_LONG_TEST_SECONDS = 2400
"""A test that hangs ends here, and the others go on."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without real parts asked for, or a marker expression given, run what needs Python alone."""
    if NEEDS_REAL_PARTS or config.getoption("-m"):
        return
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in LEFT_OUT)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
        config.stash[_LEFT_OUT] = len(left_out)


_LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out, and the command for it."""
    if count := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{count} tests need the real Asterisk, Redis, SIPp or Chromium and were left out: make test"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Every test ends by itself."""
    seconds = LONGEST_LONG_TEST_SECONDS if item.get_closest_marker("long") else LONGEST_TEST_SECONDS

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"{item.nodeid} took longer than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
