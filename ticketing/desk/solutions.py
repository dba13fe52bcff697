"""SOP steps 8 and 11: a solution, who answers for it, and who told the citizen."""

from dataclasses import dataclass

from ticketing import case_facts
from ticketing.case_facts import Channel
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.people import texts
from ticketing.people.roles import Role
from ticketing.tickets.case import Stage

DELIVERERS = ("agent", "dispatcher", "official")


@dataclass(frozen=True, slots=True)
class FaqAnswer:
    """A published answer of the FAQ book, in one version."""

    code: str
    version: int
    question: str
    answer: str


def open_faq(act: Act, article: str | None) -> Answer:
    """The agent looks into the FAQ book: the outline stands, the search for a solution begins."""
    act.refuse_if_over()
    act.does(case_facts.FaqOpened, article=article)
    return {}


def choose_answer(act: Act, answer: FaqAnswer, *, told: bool) -> Answer:
    """Take the FAQ book's answer. It fills in the outline where there is none, the solution and the recap.

    `told` says that the citizen on the line has heard it.
    """
    act.refuse_if_over()
    if act.case.outline_id is None:
        act.does(case_facts.OutlineWritten, text_id=act.seal(texts.OUTLINE, answer.question))
    act.does(case_facts.FaqOpened, article=answer.code)
    text_id = act.seal(texts.SOLUTION, answer.answer)
    act.does(case_facts.SolutionWritten, text_id=text_id, article=answer.code, article_version=answer.version)
    if told:
        _refuse_unless_talking(act)
        act.does(case_facts.SolutionDelivered, channel=Channel.LIVE_CALL, from_faq=True)
    return {}


def write(act: Act, text: str, deliver_by: str | None) -> Answer:
    """A solution in the author's own words, who answers for it; `deliver_by` is who tells the citizen."""
    act.refuse_if_over()
    if act.actor.role is Role.OFFICIAL:
        act.refuse_unless(
            act.case.stage in (Stage.WITH_OFFICIAL, Stage.SOLVED),
            "Tiket ini tidak sedang di bidang Anda.",
            "This ticket is not with your unit at present.",
        )
    text_id = act.seal(texts.SOLUTION, text)
    act.does(case_facts.SolutionWritten, text_id=text_id, deliver_by=deliver_by)
    return {}


def deliver(act: Act, channel: Channel) -> Answer:
    """The actor told the citizen the solution."""
    act.refuse_if_over()
    told_of = act.case.stage in (Stage.SOLVED, Stage.REFERRED)
    act.refuse_unless(
        told_of and (act.case.solution is not None or act.case.belongs_to is not None),
        "Belum ada solusi yang dapat disampaikan.",
        "There is no solution to be told yet.",
    )
    if channel is Channel.LIVE_CALL:
        _refuse_unless_talking(act)
    act.does(case_facts.SolutionDelivered, channel=channel)
    return {}


def _refuse_unless_talking(act: Act) -> None:
    act.refuse_unless(
        act.call_id is not None,
        "Warga tidak sedang di telepon dengan Anda.",
        "The citizen is not on the telephone with you.",
    )
