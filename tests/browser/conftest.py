"""The journeys' fixtures serve the browser too."""

from tests.journeys.conftest import hotline, screenshots

__all__ = ["hotline", "screenshots"]
