"""Fixtures for tests that need a real Asterisk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_bridge import parts
from config.settings import Settings
from ivr.probe.sipp import Sipp
from ivr.providers.asterisk.plan import draw_up
from ivr.providers.asterisk.private_pbx import PrivatePbx
from tests.ivr.providers.asterisk.lab import ALLOWED, TONES, Lab, OpenLab, queue, tone


@pytest.fixture
async def open_lab(tmp_path: Path) -> AsyncIterator[OpenLab]:
    """Boots a real Asterisk; keyword arguments change its queue."""
    opened: list[Lab] = []

    async def boot(
        *,
        call_ring_seconds: int = 3,
        legs_port: int | None = None,
        certificate: Path | None = None,
        **changes: object,
    ) -> Lab:
        settings = Settings()
        asterisk, sipp = parts.find("asterisk", settings), parts.find("sipp", settings)
        assert asterisk, "no Asterisk: hotline parts asterisk sipp"
        assert sipp, "no SIPp: hotline parts asterisk sipp"
        for pitch, (name, seconds) in enumerate(TONES.items()):
            # Each sound its own pitch, so that ears can tell them apart.
            tone(tmp_path / "sounds" / "id" / "hotline" / f"{name}.wav", seconds, 403.0 + 37 * pitch)
        for digit in range(10):
            tone(tmp_path / "sounds" / "id" / "digits" / f"{digit}.wav", 0.1)
        tone(tmp_path / "music" / "hold.wav", 2.0, 300.0)
        root = parts.asterisk_root(asterisk)
        plan = draw_up(
            modules=root / parts.LIBRARIES / "asterisk" / "modules", data=root / "usr/share/asterisk",
            work=tmp_path / "pbx", sounds=tmp_path / "sounds", music=tmp_path / "music" / "hold.wav",
            boot="abc", queues=[queue(**changes)],
            allowed=ALLOWED, ring_seconds=call_ring_seconds, legs_port=legs_port, certificate=certificate,
        )  # fmt: skip
        lab = Lab(plan, PrivatePbx(asterisk, plan), Sipp(sipp, plan.ports.sip, tmp_path / "sipp"))
        opened.append(lab)
        await lab.open()
        return lab

    yield boot
    for lab in opened:
        await lab.close()
