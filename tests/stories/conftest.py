"""What recording a story needs: the real Asterisk."""

from tests.ivr.providers.asterisk.conftest import open_lab

__all__ = ["open_lab"]
