"""The house: every part of one running hotline, put together and taken apart again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from agent_bridge.accounts import BY_COMMAND, Accounts, Session
from agent_bridge.announcing import speaker
from agent_bridge.call_back_desk import CallBackDesk
from agent_bridge.live.desk import DeskFeed
from agent_bridge.live.feed import Feed, connect
from agent_bridge.live.screen_pop import ScreenPop
from agent_bridge.replay import Replay
from config.clock import now, office_day
from config.errors import ConfigurationFault, Unavailable
from config.office import ROUND_THE_CLOCK, Office, OfficeKeeper
from config.settings import Settings
from config.sliding_window import SlidingWindow
from ivr.ahead import ByKeypad, Foretold
from ivr.call_desk import CallDesk
from ivr.providers.provider import Given, Provider
from ivr.queues.calling import Calling
from ivr.queues.roster import Roster
from ivr.registration import Registrar
from ivr.speech import prompts
from ivr.texting.courier import Courier
from ivr.texting.ways import status_ways, texts_by
from ticketing.calls.call import CallPhase
from ticketing.calls.outcome import Outcome
from ticketing.causes.desk import CauseDesk
from ticketing.citizens.limits import AskedTooOften
from ticketing.citizens.status import StatusDesk
from ticketing.desk.act import CaseDesk
from ticketing.desk.once import Answer, Asked, once
from ticketing.desk.reading import CaseReader
from ticketing.desk.timekeeper import Timekeeper
from ticketing.facts import AgentLegEnded, CallEnded, CitizenNotReached, TalkEnded
from ticketing.faq import book
from ticketing.faq.desk import FaqDesk
from ticketing.ledger.codec import KINDS
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal, LedgerBusy
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Committed, Recorder
from ticketing.ledger.writing import Writing
from ticketing.people.audit import write_audit
from ticketing.people.privacy import Vault
from ticketing.tickets.calendar import alarms
from ticketing.waits.reading import Forecaster

TALK_ENDS = frozenset({TalkEnded.kind, AgentLegEnded.kind, CallEnded.kind, CitizenNotReached.kind})
"""Facts any of which may be the first to show that a talk is over."""
RESTORE_AGAIN_SECONDS = 1.0
FOLLOW_SECONDS = 0.5
SEARCHES_A_MINUTE = 120
"""Of one person in the FAQ book; as one types, each pause in typing is a search."""
DUE_TIMES_SECONDS = 1.0
WEB_REGISTRATIONS_AN_HOUR = 6
"""Of one address, by web form."""
FORGET_REQUESTS_EVERY = timedelta(hours=1)

Telephones = Callable[[Given], Provider]
"""Makes the provider; whoever puts the house together knows its make."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger opened: its writer and its reader."""

    journal: Journal
    reader: Reader
    publish: list[Any]
    engine: Engine
    vault: Vault

    def close(self) -> None:
        """Write what waits and stop."""
        self.journal.close()


def read_office(settings: Settings) -> OfficeKeeper:
    """The office's configuration, checked against the prompts and facts that exist."""
    book = prompts.load(settings.office)
    hours = None if settings.keeps_hours else ROUND_THE_CLOCK
    return OfficeKeeper(settings.office, prompts=frozenset(book), facts=frozenset(KINDS), hours=hours)


def open_ledger(settings: Settings, keeper: OfficeKeeper) -> Ledger:
    """Open the ledger; facts go to every function in `publish` once they are committed."""
    engine = open_database(settings.ledger_url)
    vault = Vault(settings.office_key, settings.index_key)
    followers: list[Any] = []

    def publish(committed: Sequence[Committed]) -> None:
        for follower in followers:
            follower(committed)

    journal = Journal(engine, Recorder(vault, lambda: keeper.office, now), publish)
    journal.start()
    return Ledger(journal, Reader(engine, vault), followers, engine, vault)


class House:
    """The parts a page, a socket or a command may ask for."""

    def __init__(
        self,
        settings: Settings,
        keeper: OfficeKeeper,
        ledger: Ledger,
        feed: Feed,
        telephones: Telephones | None,
    ) -> None:
        self.settings = settings
        self.keeper = keeper
        self.journal = ledger.journal
        self.reader = ledger.reader
        self.vault = ledger.vault
        self.engine = ledger.engine
        self.feed = feed
        self.office_used = self.office_name
        self._errands: set[asyncio.Task[None]] = set()
        self.desk = CallDesk(self.journal)
        self.accounts = Accounts(self.journal, self.reader, now)
        self.case_desk = CaseDesk(self.journal, ledger.vault, lambda: self.office, now)
        self.case_reader = CaseReader(self.reader, ledger.vault)
        self.faq = FaqDesk(self.journal, self.reader, lambda: self.office.faq.words, now)
        self.faq_searches = SlidingWindow(SEARCHES_A_MINUTE, timedelta(minutes=1))
        self.timekeeper = Timekeeper(self.journal, self.reader, lambda: self.office, now)
        self.registrar = Registrar(self.desk, self.journal, self.reader, lambda: self.office, now)
        self.forecaster = Forecaster(self.reader, now, lambda: self.office)
        self.registrar.foretell_by(Foretold(self.forecaster, lambda: self.office))
        self.courier = Courier(
            self.journal, self.reader, ledger.vault, lambda: self.office, now,
            texts_by(settings), status_ways(settings),
        )  # fmt: skip
        self.registrar.sends_texts = self.courier.sends
        self.causes = CauseDesk(
            self.journal, self.reader, ledger.vault, lambda: self.office, now, speaker(settings)
        )
        self.registrar.causes = self.causes
        self.statuses = StatusDesk(self.journal, self.reader, ledger.vault, lambda: self.office, now)
        self.registrar.statuses = ByKeypad(self.statuses)
        self.web_registrations = SlidingWindow(WEB_REGISTRATIONS_AN_HOUR, timedelta(hours=1), AskedTooOften)
        given = Given(
            self.desk, self.registrar, self.journal, self.reader, self.vault, lambda: self.office, now
        )
        self.telephones: Provider | None = telephones(given) if telephones else None
        self.roster = self._roster()
        self.calling = self._calling()
        pops = ScreenPop(self.reader, lambda: self.office)
        self.desks = DeskFeed(self.reader, pops, feed, lambda: self.office, self._link)
        self._replays: dict[str, asyncio.Task[None]] = {}
        if telephones is None and settings.is_practice:
            self.desks.on_open = self._replay

    @property
    def office(self) -> Office:
        """The configuration as it is now."""
        return self.keeper.office

    @property
    def provider(self) -> Provider:
        """The telephone system; raises NoPbx where there is none."""
        if self.telephones is None:
            raise NoPbx
        return self.telephones

    @property
    def office_name(self) -> str:
        """Which of the configurations taken is in use; empty where the folder itself is read."""
        folder = self.settings.office
        return folder.readlink().name if folder.is_symlink() else ""

    async def follow_office(self) -> None:
        """Use each configuration as it is taken, for ever; calls that are going on do not notice."""
        used, told_on = self.office_name, None
        while True:
            if told_on != (today := office_day(now())):
                told_on = today
                for alarm in alarms(self.office.hours, today):
                    log.warning("days off are missing", id=alarm.id, en=alarm.en)
            await asyncio.sleep(FOLLOW_SECONDS)
            if (name := self.office_name) == used:
                continue
            used = name
            try:
                await asyncio.to_thread(self.keeper.reload)
            except ConfigurationFault as fault:
                log.error("configuration not used", id=fault.text.id, en=fault.text.en)
                continue
            if self.telephones:
                self.telephones.forget_sounds()
            self.office_used = name
            log.info("configuration used", name=name)
            await self._audit_office(name)

    async def _audit_office(self, name: str) -> None:
        """Write down that another configuration is in use; a busy ledger keeps nobody from using it."""
        try:
            await self.journal.do(
                lambda connection: write_audit(connection, now(), BY_COMMAND, "office.use", name)
            )
        except LedgerBusy:
            log.warning("use of a configuration is not in the audit", name=name)

    async def once(self, session: Session, asked: Asked, work: Callable[[Connection], Answer]) -> Answer:
        """Do `work` in the writer's transaction, once for each request; raises KeyUsedForAnother."""
        vault, user_id = self.vault, session.user_id

        def in_writer(writing: Writing) -> Answer:
            connection = writing.connection
            return once(connection, vault, user_id, asked, now(), lambda: work(connection))

        return await self.journal.write(in_writer)

    async def keep_due_times(self) -> None:
        """Notice due times as they pass, for ever; while the ledger is busy they wait."""
        forget_at, counted_by = now(), None
        while True:
            await asyncio.sleep(DUE_TIMES_SECONDS)
            try:
                if counted_by is not self.office.hours:
                    await self.timekeeper.count_anew()
                    counted_by = self.office.hours
                await self.timekeeper.tick()
                await self.causes.refresh()
                while await self.causes.spread():
                    pass
                await self.faq.count_left(now())
                if now() >= forget_at:
                    await self.timekeeper.forget_requests()
                    forget_at = now() + FORGET_REQUESTS_EVERY
            except (LedgerBusy, SQLAlchemyError) as fault:
                log.warning("due times wait", fault=type(fault).__name__)

    async def pbx_is_up(self) -> None:
        """The link to the PBX came up: it may have forgotten who sits where."""
        while self.roster:
            try:
                await self.roster.restore_all()
                return
            except Unavailable:
                await asyncio.sleep(RESTORE_AGAIN_SECONDS)

    def after_commit(self, rows: Sequence[Row[Any]]) -> None:
        """What has to be done because of new facts."""
        for row in rows:
            if row.kind not in TALK_ENDS or self.roster is None:
                continue
            call = self.reader.call(row.call_id)
            if call and call.phase == CallPhase.WRAP_UP:
                self._run(self.roster.after_talk(call.agent_id))
            elif call and call.outcome == Outcome.NOT_REACHED:
                self._run(self.roster.restore(call.agent_id))

    def _run(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _replay(self, agent_id: str) -> None:
        """Without telephones an open desk is shown a recorded call, again and again."""
        if agent_id not in self._replays:
            replay = Replay(self.journal, now)
            self._replays[agent_id] = asyncio.create_task(replay.run(agent_id), name="replay")

    async def stop_replays(self) -> None:
        """End every replay."""
        for task in self._replays.values():
            task.cancel()
        await asyncio.gather(*self._replays.values(), return_exceptions=True)

    def _roster(self) -> Roster | None:
        if self.telephones is None:
            return None
        return Roster(self._queue(), self.telephones.control, self.journal, self.reader, now)

    def _calling(self) -> CallBackDesk | None:
        if self.telephones is None or self.roster is None:
            return None
        calling = Calling(self.roster, self.telephones.control, self.journal, now)
        return CallBackDesk(
            self.case_desk, self.vault, self.reader, self.journal, calling, lambda: self.office, now
        )

    def _queue(self) -> str:
        return self.office.default_queue.name

    def _link(self) -> tuple[str, Any]:
        if self.telephones is None:
            return ("absent", None)
        return ("live" if self.telephones.is_live else "stale", self.telephones.connected_since)


class NoPbx(Unavailable):
    """There is no telephone system on this machine; pages and replay work all the same."""

    def __init__(self) -> None:
        super().__init__(
            "Tidak ada PBX di komputer ini, jadi telepon tidak dapat dipakai.",
            "There is no PBX on this machine, so telephones cannot be used.",
        )


@asynccontextmanager
async def open_house(
    settings: Settings, telephones: Telephones | None, redis_url: str
) -> AsyncIterator[House]:
    """Open every part in order, and close them in the reverse. Without `telephones` nothing rings."""
    keeper = read_office(settings)
    ledger = open_ledger(settings, keeper)
    redis = connect(redis_url)
    feed = Feed(ledger.reader, redis)
    ledger.publish.append(feed.publish)
    house = House(settings, keeper, ledger, feed, telephones)
    await house.journal.do(lambda connection: book.seed(connection, house.office.faq.articles, now()))
    feed.follow(house.after_commit)
    feed.follow(house.desks.on_rows)
    await house.causes.refresh()
    house.desk.open()
    running = [asyncio.create_task(feed.run()), asyncio.create_task(house.desks.keep_alive())]
    running.append(asyncio.create_task(house.follow_office()))
    running.append(asyncio.create_task(house.keep_due_times(), name="due times"))
    running.append(asyncio.create_task(house.courier.run(), name="texts"))
    running.append(asyncio.create_task(house.forecaster.keep_fresh(), name="forecast"))
    if house.roster:
        running.append(asyncio.create_task(house.roster.keep_time()))
    try:
        if house.telephones:
            await house.telephones.open(house.pbx_is_up)
        yield house
    finally:
        await house.stop_replays()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if house.telephones:
            await house.telephones.close()
        await house.desk.close()
        ledger.close()
        await redis.aclose()
