"""The journeys' fixtures serve the browser too, and so does an office at work whose calls are made up."""

from tests.agent_bridge.conftest import office
from tests.journeys.conftest import hotline, screenshots

__all__ = ["hotline", "office", "screenshots"]
