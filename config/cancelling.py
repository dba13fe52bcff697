"""Cancellation as it is meant: some libraries catch it together with their own time limits."""

import asyncio


def heed() -> None:
    """Go on with a cancellation that was caught by the way (task groups and time limits before 3.12)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
