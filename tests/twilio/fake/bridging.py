"""Two legs that hear one another."""

from datetime import datetime

from tests.twilio.fake.leg import Leg


class Bridge:
    """Connected once both legs stay in it, over once one of them has left."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.over = False
        self.connected_at: datetime | None = None
        self.seconds = 0

    def expect(self, leg: Leg) -> None:
        """This leg will come, and is told of changes."""
        self.legs.append(leg)

    async def stay(self, leg: Leg) -> None:
        """Until it is over; the first waits for the second. Raises Interrupted."""
        if leg not in self.legs:
            self.legs.append(leg)
        if len(self.legs) == 2 and leg is not self.legs[0] and self.connected_at is None:
            self.connected_at = leg.clock.now()
            self._tell()
        try:
            await leg.wait(until=lambda: self.connected_at or self.over)
            if self.connected_at:
                leg.answer()
                await leg.hear("talk", "", None, lambda: self.over)
        finally:
            self.end()

    def end(self) -> None:
        """Part them."""
        if not self.over and self.connected_at and self.legs:
            self.seconds = round((self.legs[0].clock.now() - self.connected_at).total_seconds())
        self.over = True
        self._tell()

    def _tell(self) -> None:
        for leg in self.legs:
            leg.bell.ring()
