"""Whether one PBX is set up as the hotline needs it: asked of the running PBX itself, not of its files."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from config.findings import Finding, Level, failed, ok, warning
from ivr.providers.asterisk.asking import Answer, Asking, asking
from ivr.providers.asterisk.calling_out import OUTWARD, REACHED
from ivr.providers.asterisk.configuration import CONTROL, DIALLER, EVENTS, READER
from ivr.providers.asterisk.dialplan import DEAD_MAN_SECONDS, INBOUND, WAITING
from ivr.providers.asterisk.event_reader import Manager
from ivr.providers.asterisk.own_pbx import UnknownVersion, filters_by_name
from ivr.providers.asterisk.plan import PbxPlan
from ivr.providers.asterisk.provider import manager_of
from ivr.providers.asterisk.rights import wide_rights

LISTEN_SECONDS = 2.0
CLOCK_SECONDS = 2.0
"""How far the PBX's clock may be from ours: durations of one call mix both."""
WRITE = "Jalankan hotline asterisk config, lalu muat ulang PBX."
WRITE_EN = "Run hotline asterisk config and reload the PBX."
Clock = Callable[[], datetime]


async def examine(plan: PbxPlan, clock: Clock) -> list[Finding]:
    """Everything that can be asked; where the PBX does not answer, that is the one finding."""
    reader, control = manager_of(plan, READER), manager_of(plan, CONTROL)
    try:
        found = [*await _rights(reader), *await _rights(control), *await _dialling(plan)]
        async with asking(reader, events=True) as asked:
            # One after the other: they share a connection.
            for look in (_version, _told(clock), _dialplan(plan), _queues(plan), _registrations):
                found += await look(asked)
            found += _events(await asked.listen(LISTEN_SECONDS))
    except (OSError, EOFError, TimeoutError) as fault:
        return [_no_answer(plan, fault)]
    return found


def _no_answer(plan: PbxPlan, fault: BaseException) -> Finding:
    where = f"{plan.host}:{plan.ports.ami}"
    if isinstance(fault, ConnectionRefusedError) and str(fault) == "login refused":
        return failed(
            "manager",
            f"AMI {where} menolak pengguna kami. {WRITE}",
            f"The manager at {where} refuses our users. {WRITE_EN}",
        )
    why = type(fault).__name__
    return failed(
        "manager",
        f"AMI {where} tidak menjawab ({why}). Periksa apakah Asterisk berjalan, "
        "dan HOTLINE_AMI_HOST, HOTLINE_AMI_PORT, HOTLINE_AMI_CA.",
        f"The manager at {where} does not answer ({why}). See whether Asterisk runs, and "
        "HOTLINE_AMI_HOST, HOTLINE_AMI_PORT, HOTLINE_AMI_CA.",
    )


async def _rights(manager: Manager) -> list[Finding]:
    if allowed := await wide_rights(manager):
        actions = ", ".join(allowed)
        return [
            failed(
                "rights",
                f"Pengguna AMI {manager.user} boleh {actions}. {WRITE}",
                f"The manager's user {manager.user} may {actions}. {WRITE_EN}",
            )
        ]
    return [ok("rights", f"Hak {manager.user} sempit.", f"The rights of {manager.user} are narrow.")]


async def _dialling(plan: PbxPlan) -> list[Finding]:
    """The one user who may originate, and nothing beside it; there is none where the office calls nobody."""
    if plan.outward is None:
        return [
            warning(
                "dialling",
                "Kantor tidak dapat menelepon kembali: tidak ada 'dial' pada trunk di trunks.yaml.",
                "The office cannot call back: no trunk in trunks.yaml has 'dial'.",
            )
        ]
    manager = manager_of(plan, DIALLER)
    allowed = await wide_rights(manager)
    if allowed == ["Originate"]:
        return [
            ok("dialling", f"{manager.user} hanya boleh menelepon.", f"{manager.user} may call, and no more.")
        ]
    actions = ", ".join(allowed) or "-"
    return [
        failed(
            "dialling",
            f"Pengguna AMI {manager.user} boleh {actions}, seharusnya hanya Originate. {WRITE}",
            f"The manager's user {manager.user} may {actions}, should be Originate alone. {WRITE_EN}",
        )
    ]


async def _version(asked: Asking) -> list[Finding]:
    settings = await asked.one("CoreSettings")
    said = settings.get("AsteriskVersion", "")
    number = re.match(r"[0-9.]+", said)
    found: list[Finding] = []
    try:
        filters_by_name(number[0].rstrip(".") if number else said)
        found.append(ok("version", f"Asterisk {said}.", f"Asterisk {said}."))
    except UnknownVersion as refusal:
        found.append(Finding("version", Level.WARNING, refusal.text))
    if settings.get("CoreCDRenabled") == "Yes":
        found.append(
            warning(
                "cdr",
                "PBX menulis CDR: nomor penelepon tersimpan di sana. Di cdr.conf: enable=no, "
                "bila kantor tidak memerlukannya.",
                "The PBX writes CDRs, which keep callers' numbers. In cdr.conf: enable=no, "
                "if the office does not need them.",
            )
        )
    return found


def _told(clock: Clock) -> Callable[[Asking], Awaitable[list[Finding]]]:
    """Whether events say when they happened, by the clock we know: shown by the PBX's own time of now."""

    async def look(asked: Asking) -> list[Finding]:
        pong = await asked.one("Ping")
        said = float(pong.get("Timestamp", 0))
        apart = abs(clock().timestamp() - said)
        if apart > CLOCK_SECONDS:
            return [
                failed(
                    "clock",
                    f"Jam PBX berbeda {apart:.1f} detik. Aktifkan NTP di kedua komputer.",
                    f"The PBX's clock is {apart:.1f} s off. Switch NTP on at both.",
                )
            ]
        return [ok("clock", f"Jam PBX berbeda {apart:.2f} detik.", f"The PBX's clock is {apart:.2f} s off.")]

    return look


def _dialplan(plan: PbxPlan) -> Callable[[Asking], Awaitable[list[Finding]]]:
    async def look(asked: Asking) -> list[Finding]:
        wanted = (INBOUND, WAITING, *((OUTWARD, REACHED) if plan.outward else ()))
        lines = {name: await asked.rows("ShowDialPlan", Context=name) or [] for name in wanted}
        missing = [name for name, rows in lines.items() if not rows]
        if missing:
            names = ", ".join(missing)
            return [
                failed(
                    "dialplan",
                    f"Konteks {names} belum ada di PBX. {WRITE}",
                    f"The contexts {names} are not in the PBX yet. {WRITE_EN}",
                )
            ]
        return [_doors(lines[INBOUND], plan), *_switch({name: lines[name] for name in (INBOUND, WAITING)})]

    return look


def _doors(rows: Iterable[Answer], plan: PbxPlan) -> Finding:
    agi = f"agi://127.0.0.1:{plan.ports.agi}/"
    told = [row.get("AppData", "") for row in rows if row.get("Application") == "AGI"]
    if told and all(data.startswith(agi) for data in told):
        return ok("dialplan", f"Dialplan bertanya ke {agi}.", f"The dialplan asks {agi}.")
    return failed(
        "dialplan",
        f"Dialplan tidak bertanya ke {agi}. {WRITE}",
        f"The dialplan does not ask {agi}. {WRITE_EN}",
    )


def _switch(lines: dict[str, list[Answer]]) -> list[Finding]:
    """Each dialogue is armed before and rescued after: a silent backend costs a caller a few seconds."""
    for name, rows in lines.items():
        steps = [f"{row.get('Application')}({row.get('AppData')})" for row in rows]
        armed = f"Set(TIMEOUT(absolute)={DEAD_MAN_SECONDS})"
        asks = [at for at, step in enumerate(steps) if step.startswith("AGI(")]
        rescued = any(row.get("Extension") == "T" for row in rows)
        if not rescued or not all(armed == steps[at - 1] for at in asks):
            return [
                failed(
                    "dead-man",
                    f"Sakelar pengaman tidak ada di konteks {name}. {WRITE}",
                    f"The dead-man switch is missing in the context {name}. {WRITE_EN}",
                )
            ]
    return [ok("dead-man", "Sakelar pengaman terpasang.", "The dead-man switch is in place.")]


def _queues(plan: PbxPlan) -> Callable[[Asking], Awaitable[list[Finding]]]:
    async def look(asked: Asking) -> list[Finding]:
        rows = await asked.rows("QueueStatus") or []
        there = {row.get("Queue", ""): row for row in rows if row.get("Event") == "QueueParams"}
        found = []
        for queue in plan.queues:
            strategy = there.get(queue.name, {}).get("Strategy")
            if strategy == queue.strategy:
                found.append(ok("queue", f"Antrean {queue.name} ada.", f"The queue {queue.name} is there."))
            else:
                said = f"'{strategy}'" if strategy else "-"
                found.append(
                    failed(
                        "queue",
                        f"Antrean {queue.name}: {said}, seharusnya '{queue.strategy}'. {WRITE}",
                        f"The queue {queue.name}: {said}, should be '{queue.strategy}'. {WRITE_EN}",
                    )
                )
        return found

    return look


async def _registrations(asked: Asking) -> list[Finding]:
    """Trunks that register say how that went; those by address can only be tried by a call."""
    found = []
    for row in await asked.rows("PJSIPShowRegistrationsOutbound") or []:
        name, status = row.get("ObjectName", ""), row.get("Status", "")
        # The list has rows of kind AuthDetail too, with the password in clear: whoever may report sees it.
        if row.get("ObjectType") != "registration" or not name.startswith("hotline-"):
            continue
        if status == "Registered":
            found.append(ok("trunk", f"Trunk {name} terdaftar.", f"The trunk {name} is registered."))
        else:
            found.append(
                failed(
                    "trunk",
                    f"Trunk {name}: {status}. Periksa server, user dan rahasianya di trunks.yaml.",
                    f"The trunk {name}: {status}. See its server, user and secret in trunks.yaml.",
                )
            )
    return found


def _events(heard: list[Answer]) -> list[Finding]:
    unwanted = sorted({event["Event"] for event in heard} - set(EVENTS))
    if unwanted:
        names = ", ".join(unwanted[:5])
        return [
            warning(
                "filters",
                f"PBX mengirim peristiwa yang tidak dibaca: {names}. {WRITE}",
                f"The PBX sends events nobody reads: {names}. {WRITE_EN}",
            )
        ]
    return [ok("filters", "Hanya peristiwa yang dibaca yang dikirim.", "Only events that are read are sent.")]


async def await_call(plan: PbxPlan, seconds: float) -> Finding:
    """Wait for somebody to dial the line: the proof that a trunk dials in."""
    try:
        async with asking(manager_of(plan, READER), events=True) as asked, asyncio.timeout(seconds):
            while True:
                for event in await asked.listen(0.5):
                    if event["Event"] == "Newchannel" and event.get("Context") == INBOUND:
                        channel = event.get("Channel", "").rpartition("-")[0]
                        return ok(
                            "call", f"Panggilan masuk lewat {channel}.", f"A call came in by {channel}."
                        )
    except (OSError, EOFError):
        pass
    return failed(
        "call",
        f"Tidak ada panggilan masuk dalam {seconds:.0f} detik.",
        f"No call came in within {seconds:.0f} s.",
    )
