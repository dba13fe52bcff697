"""Doors for citizens, who have no account: how a ticket stands, and registering one by web form."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import APIRouter, Request

from agent_bridge.api import citizen_views as said
from agent_bridge.api.doorway import AnyHouse, OnceAsked
from agent_bridge.api.refusals import PROBLEMS, language_of
from agent_bridge.api.small_bodies import SmallBodies
from agent_bridge.api.views import LabelView
from agent_bridge.house import House
from config.clock import now
from config.errors import NotFound, Text
from ticketing.case_facts import CITIZEN, Origin
from ticketing.citizens.filing import Filing
from ticketing.citizens.form import Form
from ticketing.citizens.status import CitizenStatus, Standing
from ticketing.desk.once import Answer, Asked, is_repeated, once
from ticketing.ledger.writing import Writing
from ticketing.people.pin import pin_of
from ticketing.tickets.number import from_digits

router = APIRouter(prefix="/api", tags=["citizens"], responses=PROBLEMS, route_class=SmallBodies)

SENTENCES = {
    Standing.REGISTERED: Text(
        "Tiket terdaftar dan menunggu petugas.", "The ticket is registered and waits for an agent."
    ),
    Standing.CALL_BACK: Text("Kami akan menelepon kembali.", "We are going to call back."),
    Standing.IN_HAND: Text("Sedang ditangani petugas.", "An agent has it in hand."),
    Standing.WITH_DISPATCHER: Text(
        "Sedang diteruskan ke bidang yang berwenang.", "It is on its way to the unit in charge."
    ),
    Standing.WITH_OFFICIAL: Text("Sedang ditangani pejabat terkait.", "The official in charge has it."),
    Standing.ANSWERED: Text(
        "Jawabannya sudah ada. Telepon kami bila belum Anda terima.",
        "There is an answer. Call us if you have not received it.",
    ),
    Standing.CLOSED: Text("Sudah selesai.", "It is settled."),
    Standing.ENDED: Text("Ditutup tanpa tindak lanjut.", "It was closed without further steps."),
}
CALL, ANSWER = (
    Text("Kami menelepon paling lambat", "We call by"),
    Text("Jawaban paling lambat", "Answered by"),
)
CALL_MISSED = Text(
    "Kami terlambat. Seharusnya kami menelepon paling lambat", "We are late. We should have called by"
)
ANSWER_MISSED = Text(
    "Kami terlambat. Seharusnya dijawab paling lambat", "We are late. It should have been answered by"
)
FURTHER = Text(
    "Belum puas? Minta bicara dengan pengawas lewat hotline, atau lapor ke Ombudsman RI.",
    "Not satisfied? Ask for the supervisor at the hotline, or turn to the Ombudsman.",
)
NEXT = Text(
    "Catat nomor dan PIN ini. Petugas memeriksanya, lalu kami menghubungi Anda. Tidak dipungut biaya.",
    "Note this number and PIN. An agent looks into it, then we get in touch with you. It is free of charge.",
)


class NoMatch(NotFound):
    """Number and PIN do not belong together; nothing tells which of them is wrong."""

    def __init__(self) -> None:
        super().__init__(
            "Nomor tiket dan PIN tidak cocok. Periksa keduanya, atau telepon kami.",
            "Ticket number and PIN do not belong together. Check both, or call us.",
        )


@router.get("/registrations/choices")
async def choices(house: AnyHouse) -> said.FormChoices:
    """What the web form may be filled with."""
    office = house.office
    matters = [one for one in office.categories.values() if not one.restricted]
    return said.FormChoices(
        types=[LabelView(code=t.code, id=t.label.id, en=t.label.en) for t in office.types.values()],
        categories=[LabelView(code=c.code, id=c.label.id, en=c.label.en) for c in matters],
        districts=[LabelView(code=code, id=name, en=name) for code, name in office.districts.items()],
        line_number=house.settings.dialled_number,
    )


@router.post("/status")
async def status(body: said.StatusQuestion, request: Request, house: AnyHouse) -> said.StatusAnswer:
    """How the ticket stands, for whoever knows its number and PIN."""
    return await _told(house.statuses.check, body, request, house)


@router.post("/status/not-mine")
async def not_mine(body: said.StatusQuestion, request: Request, house: AnyHouse) -> said.StatusAnswer:
    """Take the ticket out of its common cause ("bukan masalah saya"); an agent looks at it by itself."""
    return await _told(house.statuses.not_mine, body, request, house)


async def _told(
    ask: Callable[[str, str, str], Awaitable[CitizenStatus | None]],
    body: said.StatusQuestion,
    request: Request,
    house: House,
) -> said.StatusAnswer:
    digits = body.number.replace("-", "").replace(" ", "")
    found = await ask(digits, body.pin.strip(), _source(request))
    if found is None:
        raise NoMatch
    return await asyncio.to_thread(_answer, house, found, request)


@router.post("/registrations", status_code=201)
async def register(
    body: said.WebForm, asked: OnceAsked, request: Request, house: AnyHouse
) -> said.Registered:
    """Register a complaint or request without calling: same number, same clocks.

    A doubtful NIK is told, and kept apart until an agent has asked about it.
    """
    if not await asyncio.to_thread(_is_repeated, house, asked):
        house.web_registrations.count(_source(request), now())
    form = Form(**body.model_dump(exclude={"type"}), ticket_type=body.type)
    ticket_id = await _registered(house, asked, form)
    ticket = await asyncio.to_thread(house.reader.ticket, ticket_id)
    assert ticket is not None
    return said.Registered(
        number=from_digits(ticket_id).written,
        pin=pin_of(house.vault, ticket_id),
        looked_at_by=ticket.next_due_at,
        answer_by=ticket.limit_at,
        next=NEXT.say(language_of(request)),
        warnings=said.warning_views(form),
    )


def _is_repeated(house: House, asked: Asked) -> bool:
    with house.reader.connect() as connection:
        return is_repeated(connection, house.vault, CITIZEN, asked)


async def _registered(house: House, asked: Asked, form: Form) -> str:
    """The ticket's id; the same request gets the same one, and what is kept of it holds no PIN."""
    at = now()

    def work(writing: Writing) -> Answer:
        filing = Filing(writing, house.vault, house.office, at, Origin.WEB)
        return once(
            writing.connection, house.vault, CITIZEN, asked, at, lambda: {"ticket_id": filing.by_web(form)}
        )

    return str((await house.journal.write(work))["ticket_id"])


def _source(request: Request) -> str:
    """Whence it comes: an address, or the whole net that one subscriber has of the newer kind (IPv6 /64)."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return f"web|{host}"
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return f"web|{ip_network((address, 64), strict=False)}"
    return f"web|{host}"


def _answer(house: House, found: CitizenStatus, request: Request) -> said.StatusAnswer:
    language = language_of(request)
    ticket = house.reader.ticket(found.ticket_id)
    assert ticket is not None
    sop = house.reader.sop(ticket.sop_version) or house.office.sop
    promise = _promise(found)
    return said.StatusAnswer(
        number=from_digits(found.ticket_id).written,
        standing=found.standing.value,
        sentence=SENTENCES[found.standing].say(language),
        is_open=found.is_open,
        registered_at=found.registered_at,
        closed_at=found.closed_at,
        steps=[
            said.PassedStep(step=step.number, id=step.name.id, en=step.name.en)
            for step in sop.steps
            if step.number in found.steps_passed
        ],
        promised_at=found.promised_at or found.missed_at,
        promise=promise.say(language) if promise else None,
        late=found.missed_at is not None,
        in_a_cause=found.in_a_cause,
        further=FURTHER.say(language),
    )


def _promise(found: CitizenStatus) -> Text | None:
    """What stands before the date."""
    if found.missed_at:
        return CALL_MISSED if found.call_by else ANSWER_MISSED
    if found.promised_at:
        return CALL if found.call_by else ANSWER
    return None
