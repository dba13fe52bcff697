"""Drills take the journeys' hotline."""

from tests.journeys.conftest import hotline

__all__ = ["hotline"]
