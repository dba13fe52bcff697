"""`hotline ticket`: the story of a case, in the terminal or as a page to keep."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from agent_bridge.commands.speaking import console, refusals, settings_or_exit, write_file
from agent_bridge.house import open_ledger, read_office
from config.clock import now, office_day
from config.errors import Language, NotFound, Text
from config.settings import Settings
from config.sop import Sop
from ticketing.reports.story import CaseStory, StepLine
from ticketing.reports.story_drawing import in_order, sources
from ticketing.reports.story_page import page
from ticketing.reports.telling import tell
from ticketing.reports.wording import MESSAGES, length, moment, verdict
from ticketing.tickets.number import from_keys

app = typer.Typer(no_args_is_help=True, help="Tiket / Tickets.")
FOLLOW_UPS = ("follow_up_done", "due_missed", "call_back_tried", "taken_over")
NUMBER_HELP = "261123-0042-4; hari ini cukup 0042-4 / of today 0042-4 will do"


class NoSuchTicket(NotFound):
    """The number is well formed, and no ticket has it."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"Tiket {number} tidak ada di buku besar ini. Periksa HOTLINE_PROFILE dan HOTLINE_HOME.",
            f"There is no ticket {number} in this ledger. Check HOTLINE_PROFILE and HOTLINE_HOME.",
        )


@app.command("show")
def show(
    number: Annotated[str, typer.Argument(help=NUMBER_HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")] = False,
) -> None:
    """Ceritakan satu tiket, langkah demi langkah / Tell a ticket's story, step by step."""
    settings = settings_or_exit()
    with refusals(settings):
        story, _ = read_story(number, settings)
    if as_json:
        print(json.dumps(story.to_json(), indent=1, ensure_ascii=False))  # noqa: T201 - the output
        return
    for line in lines_of(story, settings.language):
        console.print(line, markup=False)


@app.command("story")
def write_story(
    number: Annotated[str, typer.Argument(help=NUMBER_HELP)],
    html: Annotated[Path, typer.Option("--html", help="berkas halaman / file of the page")],
) -> None:
    """Gambar satu tiket dalam lajur SOP / Draw a ticket in the lanes of the SOP."""
    settings = settings_or_exit()
    with refusals(settings):
        story, sop = read_story(number, settings)
        write_file(html, page(story, sop.actors, settings.language))
    console.print(str(html))


def read_story(number: str, settings: Settings) -> tuple[CaseStory, Sop]:
    """The ticket's story without anybody's words, and the SOP it began under."""
    # As it was heard: without the day it is of today.
    ticket = from_keys(number.replace("-", "").replace(" ", ""), office_day(now()))
    keeper = read_office(settings)
    with contextlib.closing(open_ledger(settings, keeper)) as ledger:
        found = ledger.reader.case(ticket.digits, keeper.office)
        if found is None:
            raise NoSuchTicket(ticket.written)
        sop = ledger.reader.sop(found.ticket["sop_version"]) or keeper.office.sop
        names = ledger.reader.names()
    return tell(found, sop, keeper.office, now(), names=names), sop


def lines_of(story: CaseStory, language: Language) -> Iterator[str]:
    """The story as lines of a terminal."""
    parts = (story.state_name, story.ticket_type, story.category)
    yield f"{story.number}  {' · '.join(part.say(language) for part in parts if part)}"
    for label, value in _facts(story):
        yield f"  {label.say(language)}: {value.say(language)}"
    for line in in_order(story):
        yield from _step_lines(line, language)
    yield from _follow_ups(story, language)


def _facts(story: CaseStory) -> Iterator[tuple[Text, Text]]:
    def plain(text: str | None) -> Text:
        return Text(text or "-", text or "-")

    yield Text("SOP", "SOP"), plain(story.sop_number)
    yield Text("Terdaftar", "Registered"), plain(moment(story.registered_at))
    yield Text("Penanggung jawab", "Owner"), plain(story.owner)
    yield Text("Jatuh tempo", "Next due"), plain(moment(story.next_due_at) if story.next_due_at else None)
    yield Text("Batas akhir", "Limit"), plain(moment(story.limit_at) if story.limit_at else None)
    yield Text("Jam warga", "Citizen's clock"), length(story.citizen_seconds)
    yield Text("Jam kantor", "Office's clock"), length(story.office_seconds)
    owed = [MESSAGES[one.kind] for one in story.messages if one.told_at is None]
    listed = Text(", ".join(one.id for one in owed) or "-", ", ".join(one.en for one in owed) or "-")
    yield Text("Pesan terutang", "Messages owed"), listed
    if story.unexplained:
        yield Text("Langkah tanpa penjelasan", "Steps unexplained"), plain(str(story.unexplained)[1:-1])


def _step_lines(line: StepLine, language: Language) -> Iterator[str]:
    again = f" ({line.round})" if line.round > 1 else ""
    yield f"{line.step:>2}. {line.name.say(language)}{again}"
    took = length(line.seconds).say(language) if line.seconds is not None else "-"
    standard = length(line.standard_seconds).say(language) if line.standard_seconds else "-"
    word = verdict(line.seconds, line.within, line.skip_reason is not None).say(language)
    until = moment(line.ended_at) if line.ended_at else "..."
    times = f"{moment(line.started_at)} - {until}  {took} / {standard}  {word}"
    yield f"    {times}  {sources(line, language)}  {line.by or ''}".rstrip()


def _follow_ups(story: CaseStory, language: Language) -> Iterator[str]:
    done = [event for event in story.events if event.kind in FOLLOW_UPS]
    if done:
        yield Text("Tindak lanjut:", "Follow-ups:").say(language)
    for event in done:
        yield f"    {moment(event.at)}  {event.text.say(language)}  {event.by or ''}".rstrip()
