"""A whole hotline for a test: the real Asterisk, Redis and SIPp in a folder of its own."""

from pathlib import Path

import pytest

from agent_bridge import parts
from agent_bridge.sounds import make_sounds
from config.settings import Settings


@pytest.fixture
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a practice hotline on free ports, its prompts made; fails where the parts are missing."""
    settings = Settings(home=tmp_path_factory.mktemp("hl"), port=0)
    for name in ("asterisk", "redis-server", "sipp"):
        assert parts.find(name, settings), f"{name} is missing: make test brings it"
    make_sounds(settings, lambda *_: None)
    return settings


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages are left to be looked at."""
    folder = Path("out/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
