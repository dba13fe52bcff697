"""The desks' live feed: each agent's own view, pushed when something in it changed."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from agent_bridge.api import views
from agent_bridge.live.feed import Feed
from agent_bridge.live.screen_pop import ScreenPop
from config.clock import now
from config.office import Office
from ticketing.agents.shift import ShiftState
from ticketing.calls.call import CallPhase
from ticketing.desk import owed, share
from ticketing.ledger.reader import Reader
from ticketing.tickets.number import from_digits

MESSAGES_KEPT = 32
"""A tab this far behind is dropped, never waited for; it comes back with a snapshot."""
HEARTBEAT_SECONDS = 3.0
NEXT_KEPT = timedelta(seconds=1)
QUEUE_KINDS = frozenset(
    {
        "call_queued", "call_left_queue", "call_abandoned", "queue_gave_up", "agent_answered", "call_ended",
        "agent_became_ready", "agent_became_not_ready", "agent_signed_in", "agent_signed_out",
        "wrap_up_ended", "call_back_placed", "citizen_not_reached",
    }
)  # fmt: skip
"""Facts that change what a queue's summary shows."""

Link = Callable[[], tuple[str, datetime | None]]


class Desk:
    """One open tab of one agent."""

    def __init__(self, agent_id: str, name: str) -> None:
        self.agent_id = agent_id
        self.name = name
        self.messages: asyncio.Queue[views.FeedMessage] = asyncio.Queue(MESSAGES_KEPT)
        self.too_slow = asyncio.Event()

    def send(self, message: views.FeedMessage) -> None:
        """Put a message in line, or mark the tab as too slow."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.too_slow.set()


class DeskFeed:
    """Knows every open desk and what concerns it."""

    def __init__(
        self, reader: Reader, pops: ScreenPop, feed: Feed, office: Callable[[], Office], link: Link
    ) -> None:
        self._reader = reader
        self._pops = pops
        self._feed = feed
        self._office = office
        self._next: tuple[datetime, views.NextCallBack | None] | None = None
        self._link_state = link
        self._desks: dict[str, set[Desk]] = defaultdict(set)
        self.on_open: Callable[[str], None] = lambda _agent_id: None

    def open(self, agent_id: str, name: str) -> Desk:
        """A tab opened: it gets a snapshot and then every change."""
        desk = Desk(agent_id, name)
        self._desks[agent_id].add(desk)
        self.on_open(agent_id)
        desk.send(self._message("snapshot", self.view(agent_id, name)))
        return desk

    def close(self, desk: Desk) -> None:
        """A tab closed."""
        self._desks[desk.agent_id].discard(desk)
        if not self._desks[desk.agent_id]:
            del self._desks[desk.agent_id]

    def view(self, agent_id: str, name: str) -> views.DeskView:
        """The whole desk of an agent."""
        return views.DeskView(
            agent=self._agent(agent_id, name),
            pop=self._pops.for_agent(agent_id),
            queue=self._queue_view(),
            link=self.link(),
        )

    def on_rows(self, rows: Sequence[Row[Any]]) -> None:
        """New journal rows: prepare pops, and tell the desks they concern."""
        agents: set[str] = set()
        for row in rows:
            if row.kind == "call_queued":
                self._pops.prepare(row.call_id)
            agents |= self._concerned(row)
        for agent_id in agents & self._desks.keys():
            self._tell(agent_id)
        if any(row.kind in QUEUE_KINDS for row in rows):
            self._tell_all(views.DeskChange(queue=self._queue_view()))

    async def keep_alive(self) -> None:
        """Say regularly that the feed lives, and how the link to the PBX is."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if self._desks:
                change = views.DeskChange(link=self.link(), queue=self._queue_view())
                self._tell_all(change, "heartbeat")

    def _concerned(self, row: Row[Any]) -> set[str]:
        if row.agent_id:
            return {row.agent_id}
        call = self._reader.call(row.call_id) if row.call_id else None
        if call is None:
            return set()
        # The desk whose call has just been taken away is told as well: the last agent who rang.
        return {agent for agent in (call.engaged_agent_id, call.agent_id, call.rung_agent_id) if agent}

    def _tell(self, agent_id: str) -> None:
        pop = self._pops.for_agent(agent_id)
        for desk in list(self._desks[agent_id]):
            change = views.DeskChange(agent=self._agent(agent_id, desk.name), pop=pop)
            desk.send(self._message("change", change))

    def _tell_all(self, change: views.DeskChange, type_: str = "change") -> None:
        message = self._message(type_, change)
        for desks in self._desks.values():
            for desk in desks:
                desk.send(message)

    def _message(self, type_: Any, desk: views.DeskChange | views.DeskView) -> views.FeedMessage:
        change = desk if isinstance(desk, views.DeskChange) else views.DeskChange(**dict(desk))
        return views.FeedMessage(type=type_, cursor=self._feed.cursor, server_at=now(), desk=change)

    def _agent(self, agent_id: str, name: str) -> views.AgentView:
        shift = self._reader.shift(agent_id)
        if shift is None or shift.state == ShiftState.SIGNED_OUT:
            return views.AgentView(agent_id=agent_id, name=name, state="signed_out")
        call = self._reader.call_of_agent(agent_id)
        if call is None or call.phase not in _BUSY:
            call = None
        return views.AgentView(
            agent_id=agent_id,
            name=name,
            state=call.phase if call else shift.state,
            reason=shift.reason,
            since_at=getattr(call, _BUSY[call.phase]) if call else shift.since_at,
            phone=shift.phone,
            wrap_up_until_at=call.wrap_up_until_at if call and call.phase == CallPhase.WRAP_UP else None,
        )

    def _queue_view(self) -> views.QueueView:
        counts = self._reader.queue_counts(self._queue(), now())
        busy = {call.engaged_agent_id for call in self._reader.live_calls()}
        shifts = self._reader.shifts()
        ready = sum(shift.state == ShiftState.READY and shift.agent_id not in busy for shift in shifts)
        return views.QueueView(
            waiting=counts.waiting,
            longest_wait_since_at=counts.longest_wait_since_at,
            ready_agents=ready,
            call_backs_due=counts.call_backs_due,
            next_call_back=self._next_call_back() if counts.call_backs_due else None,
        )

    def _next_call_back(self) -> views.NextCallBack | None:
        """Looked up at most once a second: it is asked for whenever something happens in the queue."""
        at = now()
        if self._next is None or at - self._next[0] > NEXT_KEPT:
            self._next = (at, self._look_up_next(at))
        return self._next[1]

    def _look_up_next(self, at: datetime) -> views.NextCallBack | None:
        queue, office = self._queue(), self._office()
        with self._reader.connect() as connection:
            row = owed.next_owed(connection, queue, office, at)
            if row is None or not share.room(connection, office, queue).is_left:
                return None
        return views.NextCallBack(
            number=from_digits(row.ticket_id).written,
            since_at=row.since_at,
            due_at=row.call_back_due_at,
            tries=row.call_back_tries,
        )

    def _queue(self) -> str:
        return self._office().default_queue.name

    def link(self) -> views.LinkView:
        """How the link to the PBX is."""
        pbx, since_at = self._link_state()
        return views.LinkView.model_validate({"pbx": pbx, "since_at": since_at})


_BUSY = {
    CallPhase.CALLING.value: "arrived_at",
    CallPhase.RINGING.value: "rang_at",
    CallPhase.TALKING.value: "answered_at",
    CallPhase.WRAP_UP.value: "talk_ended_at",
}
"""The phases of a call that are an agent's state, and the column that says since when."""
