"""Calling a citizen: everything that must hold, checked and recorded before a telephone is asked for it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from config.errors import Conflict, NotFound, TooManyTries
from ticketing import tables
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.desk.share import room
from ticketing.facts import CallBackPlaced, Provenance
from ticketing.people import complainant, texts
from ticketing.people.dialling import check_number
from ticketing.people.phone_number import normalise
from ticketing.people.privacy import Vault
from ticketing.tickets.calendar import Calendar

CALL = tables.calls.c


class WantsText(Conflict):
    """The citizen asked not to be called."""

    def __init__(self) -> None:
        super().__init__(
            "Warga ini hanya mau dihubungi lewat pesan. Tulis jawabannya; sistem mengirimkannya.",
            "This citizen wants to hear by text only. Write the answer; the system sends it.",
        )


class OutsideHours(Conflict):
    """Citizens are called in the office's hours only."""

    def __init__(self) -> None:
        super().__init__(
            "Di luar jam layanan warga tidak ditelepon. Telepon pada jam kerja berikutnya.",
            "Citizens are not called outside the office's hours. Call when it is open.",
        )


class NoNumber(NotFound):
    """Nobody knows where to call."""

    def __init__(self) -> None:
        super().__init__(
            "Nomor telepon warga ini tidak diketahui.", "This citizen's telephone number is not known."
        )


class OnTheLine(Conflict):
    """The citizen, or the office, is calling about this ticket already."""

    def __init__(self) -> None:
        super().__init__(
            "Warga ini sedang tersambung atau sedang ditelepon.",
            "This citizen is on the line, or is being called.",
        )


class ShareUsedUp(Conflict):
    """As many agents call back as may while others wait on the line."""

    def __init__(self) -> None:
        super().__init__(
            "Jatah telepon balik sedang penuh karena warga menunggu di antrean. Terima antrean dahulu.",
            "The share of call-backs is used up while citizens wait in the queue. Take the queue first.",
        )


class TriedTooOften(TooManyTries):
    """The citizen was called just now, or often enough today."""

    def __init__(self) -> None:
        super().__init__(
            "Warga ini baru saja, atau hari ini sudah cukup sering, ditelepon. Coba lagi nanti.",
            "This citizen was called just now, or often enough today. Try again later.",
        )


class TooManyCalls(TooManyTries):
    """The agent placed as many calls in the last hour as may be."""

    def __init__(self) -> None:
        super().__init__(
            "Batas telepon keluar per petugas dalam satu jam sudah tercapai.",
            "This agent has placed as many calls this hour as may be placed.",
        )


def place(act: Act, call_id: str) -> Answer:
    """The citizen is to be called by the actor; records it, so that the limits hold for whoever asks next."""
    act.refuse_if_over()
    if not Calendar(act.office.hours).is_open(act.at):
        raise OutsideHours
    _refuse_if_text_only(act)
    number = number_of(act.connection, act.vault, act.ticket_id, act.found.ticket["person_id"])
    check_number(number, act.office.call_backs.allowed)
    _refuse_if_on_the_line(act)
    _refuse_beyond_limits(act)
    queue = act.found.standing.queue or act.office.default_queue.name
    if not room(act.connection, act.office, queue).is_left:
        raise ShareUsedUp
    act.writing.record(
        CallBackPlaced(
            key=f"{call_id}/placed",
            occurred_at=act.at,
            provenance=Provenance.DECLARED,
            call_id=call_id,
            agent_id=act.actor.user_id,
            ticket_id=act.ticket_id,
            person_id=act.person_id,
            queue=queue,
            sop_version=act.found.ticket["sop_version"],
        )
    )
    act.audits("call_back.place")
    return {"call_id": call_id}


def number_of(connection: Connection, vault: Vault, ticket_id: str, person_id: str | None) -> str | None:
    """Where the citizen is reached (E.164): the number the agent wrote down, else the one they called from.

    None where what was written is no number; raises NoNumber where nothing is known.
    """
    written = texts.latest(connection, vault, ticket_id, (texts.PHONE,)).get(texts.PHONE)
    known = written or complainant.phone(connection, vault, person_id)
    if known is None:
        raise NoNumber
    return normalise(known)


def _refuse_if_text_only(act: Act) -> None:
    column = tables.persons.c
    wants_text = select(column.text_only).where(column.person_id == act.found.ticket["person_id"])
    if act.case.text_only or act.connection.scalar(wants_text):
        raise WantsText


def _refuse_if_on_the_line(act: Act) -> None:
    on_the_line = or_(CALL.ticket_id == act.ticket_id, CALL.person_id == act.found.ticket["person_id"])
    if act.connection.scalar(select(func.count()).where(on_the_line, CALL.ended_at.is_(None))):
        raise OnTheLine


def _refuse_beyond_limits(act: Act) -> None:
    rules, at = act.office.call_backs, act.at
    by_agent = CALL.agent_id == act.actor.user_id
    if _placed(act, by_agent, at - timedelta(hours=1)) >= rules.per_agent_an_hour:
        raise TooManyCalls
    to_citizen = or_(CALL.person_id == act.found.ticket["person_id"], CALL.ticket_id == act.ticket_id)
    today = _placed(act, to_citizen, Calendar.day_began(at))
    lately = _placed(act, to_citizen, at - timedelta(seconds=rules.between_tries.seconds))
    if lately or today >= min(rules.tries_a_day, rules.per_number_a_day):
        raise TriedTooOften


def _placed(act: Act, whose: object, since: datetime) -> int:
    """How many calls the office placed since then."""
    count = select(func.count()).where(CALL.outward.is_(True), CALL.arrived_at >= since, whose)  # type: ignore[arg-type]
    return act.connection.scalar(count) or 0
