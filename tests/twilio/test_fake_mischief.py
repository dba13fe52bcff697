"""Status callbacks may be lost, doubled and out of order; the same seed does the same."""

from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import HangUp, Telephone, Wait
from tests.twilio.server import a_bench

NUMBER = "+6281200000077"
DIAL = (
    '<Dial><Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">'
    f"{NUMBER}</Number></Dial>"
)


async def told(mischief: Mischief | None, calls: int = 20) -> list[tuple[str, str]]:
    """Which call's which event arrived, in order."""
    async with a_bench(mischief, voice=DIAL, leg="", status="") as bench:
        bench.twilio.telephones[NUMBER] = Telephone(2, (Wait(5), HangUp()))
        legs = [bench.call() for _ in range(calls)]
        await bench.over(*legs)
        await bench.clock.pass_by(120)
        return [(form["CallSid"], form["SequenceNumber"]) for form in bench.server.forms("/leg")]


async def test_without_mischief_all_arrive_once_and_in_order():
    arrived = await told(None)
    assert len(arrived) == len(set(arrived)) == 80
    for sid in {sid for sid, _ in arrived}:
        assert [number for each, number in arrived if each == sid] == ["0", "1", "2", "3"]


async def test_some_are_lost():
    arrived = await told(Mischief(seed=1, dropped=0.3))
    assert 0.5 * 80 < len(arrived) < 0.9 * 80


async def test_some_come_twice():
    arrived = await told(Mischief(seed=1, doubled=0.3))
    assert len(set(arrived)) == 80 < len(arrived)


async def test_they_come_late_and_in_any_order():
    arrived = await told(Mischief(seed=1, late_seconds=60))
    assert len(arrived) == 80
    assert any(
        [number for each, number in arrived if each == sid] != ["0", "1", "2", "3"]
        for sid in {s for s, _ in arrived}
    )


async def test_the_same_seed_does_the_same():
    mischief = {"dropped": 0.2, "doubled": 0.2, "late_seconds": 30}
    assert await told(Mischief(seed=7, **mischief)) == await told(Mischief(seed=7, **mischief))
    assert await told(Mischief(seed=7, **mischief)) != await told(Mischief(seed=8, **mischief))
