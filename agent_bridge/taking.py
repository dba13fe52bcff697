"""Taking the office's configuration: checked whole, its sounds made, its queues told to the PBX, then used.

The backend looks which configuration is in use, so neither it nor a call is stopped.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from agent_bridge.house import read_office
from agent_bridge.pbx_plan import PLAN_FILE, plan_of
from agent_bridge.sounds import make_sounds
from config.errors import ConfigurationFault, Conflict
from config.office import Office
from config.office_history import History, Taken
from config.settings import Settings
from ivr.providers.asterisk import marked_files, pbx_sounds
from ivr.providers.asterisk.asking import asking
from ivr.providers.asterisk.configuration import READER, queue_sections, queues_file
from ivr.providers.asterisk.plan import PbxPlan
from ivr.providers.asterisk.private_pbx import write_private
from ivr.providers.asterisk.provider import manager_of

QUEUE_FILES = ("hotline_queues.conf", "queues_custom.conf")
"""Where an office's own PBX has our queues: plain, or FreePBX."""
Progress = Callable[[int, int], None]

log = structlog.get_logger(__name__)


class NeedsRestart(Conflict):
    """The dialplan names the first queue, and no right of ours changes the dialplan of a running PBX."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Antrean pertama di queues.yaml tetap harus '{name}' selama hotline berjalan. Untuk "
            "menggantinya, hentikan hotline, lalu jalankan lagi.",
            f"The first queue in queues.yaml must stay '{name}' while the hotline runs. To change it, stop "
            "the hotline and start it again.",
        )


class NotRunning(Conflict):
    """There is nothing to take it; the next start will."""

    def __init__(self) -> None:
        super().__init__(
            "PBX tidak menjawab, jadi belum ada yang diubah. Jalankan hotline run: berkas yang baru dipakai "
            "saat mulai.",
            "The PBX does not answer, so nothing was changed. Run hotline run: it takes the new files as it "
            "starts.",
        )


class CallersWaiting(Conflict):
    """A queue that is to go has callers in it."""

    def __init__(self, queue: str) -> None:
        super().__init__(
            f"Masih ada penelepon di antrean '{queue}'. Ulangi sesudah antrean itu kosong.",
            f"Callers still wait in the queue '{queue}'. Try again once it is empty.",
        )


def history_of(settings: Settings) -> History:
    """The profile's configurations."""
    return History(settings.folder / "office")


def in_use(settings: Settings, at: datetime) -> Settings:
    """The settings of a hotline that starts: it reads the configuration as it is taken now.

    Files that cannot be used do not keep callers from an office that had good ones; they are told of.
    Raises ConfigurationFault where there never were any.
    """
    history = history_of(settings)
    try:
        read_office(settings)
        history.take(settings.office, at)
    except ConfigurationFault as fault:
        if history.name() is None:
            raise
        log.error("configuration not taken; the last good one goes on", id=fault.text.id, en=fault.text.en)
    return settings.model_copy(update={"office": history.current})


async def take(settings: Settings, at: datetime, progress: Progress) -> Taken | None:
    """Take the files of a running hotline as they are now; None where nothing changed.

    Raises ConfigurationFault, NeedsRestart and CallersWaiting: nothing is changed then.
    """
    history = history_of(settings)
    office = read_office(settings).office
    # At Twilio no PBX of ours has queues that would have to be told.
    plan = plan_of(settings) if settings.pbx != "twilio" else None
    if plan:
        await _check_queues(plan, office)
    elif settings.pbx != "twilio":
        raise NotRunning
    await asyncio.to_thread(make_sounds, settings, progress)
    taken = history.take(settings.office, at)
    if taken and plan:
        await _tell_pbx(settings, replace(plan, queues=tuple(office.queues.values())))
    return taken


async def _check_queues(plan: PbxPlan, office: Office) -> None:
    first = plan.queues[0].name
    if office.default_queue.name != first:
        raise NeedsRestart(first)
    try:
        async with asking(manager_of(plan, READER)) as asked:
            rows = await asked.rows("QueueStatus") or []
    except (OSError, EOFError, TimeoutError):
        raise NotRunning from None
    for row in rows:
        name = row.get("Queue", "")
        gone = name in {queue.name for queue in plan.queues} - office.queues.keys()
        if gone and row.get("Event") == "QueueEntry":
            raise CallersWaiting(name)


async def _tell_pbx(settings: Settings, plan: PbxPlan) -> None:
    """The queues as they are now; members, callers and counts stay."""
    if settings.pbx == "own":
        changes = [change for name in QUEUE_FILES for change in _in_own(settings.pbx_folder / name, plan)]
        marked_files.carry_out(changes)
        if sounds := pbx_sounds.folder_of(settings.pbx_folder):
            pbx_sounds.put(settings.folder / "sounds", sounds)
    else:
        write_private(settings.folder / "pbx" / "etc" / "queues.conf", queues_file(plan))
    write_private(settings.folder / "run" / PLAN_FILE, plan.to_json())
    async with asking(manager_of(plan, READER)) as asked:
        await asked.one("QueueReload", Parameters="yes", Members="no", Rules="no")


def _in_own(file: Path, plan: PbxPlan) -> list[marked_files.Change]:
    """Our queues anew, where they are written in this file."""
    if marked_files.without(file) == marked_files.text_of(file):
        return []
    return [marked_files.renewed(file, queue_sections(plan))]
