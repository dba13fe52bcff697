"""SOP steps 5 to 14 at the API: what agents, dispatchers and officials do to a case."""

import asyncio
from typing import Annotated

from fastapi import APIRouter

from agent_bridge.api import case_views as said
from agent_bridge.api.at_case import AtCase, doing
from agent_bridge.api.refusals import PROBLEMS
from ticketing.desk import dispatching, endings, entries, solutions
from ticketing.desk.matrix import Deed
from ticketing.desk.solutions import FaqAnswer

router = APIRouter(prefix="/api/cases/{number}", tags=["work on a case"], responses=PROBLEMS)
Entering = Annotated[AtCase, doing(Deed.ENTER)]
Sending = Annotated[AtCase, doing(Deed.SEND_TO_DISPATCHER)]
Closing = Annotated[AtCase, doing(Deed.CLOSE)]


# --- steps 5 to 7: identity, complaint, outline ---


@router.put("/draft")
async def save_draft(body: said.Draft, case: Entering) -> said.ActView:
    """Keep what is being typed; the first keystroke ends step 5."""
    return await case.do(entries.save_draft, {str(name): value for name, value in body.typed.items()})


@router.put("/form")
async def record(body: said.Entry, case: Entering) -> said.ActView:
    """Take in the form as it stands: what a soft rule doubts is told, what is missing is named."""
    values = body.model_dump(exclude={"type", "overrides"})
    entry = entries.Entry(**values, ticket_type=body.type, overrides=frozenset(body.overrides))
    return await case.do(entries.record, entry)


@router.post("/outline")
async def outline(body: said.Written, case: Entering) -> said.ActView:
    """The problem in outline: the end of step 7."""
    return await case.do(entries.outline, body.text)


@router.post("/steps/done")
async def step_done(body: said.StepSaid, case: Entering) -> said.ActView:
    """Say by a key that a step is over; recorded as declared."""
    return await case.do(entries.step_done, body.step)


@router.post("/steps/skipped")
async def step_skipped(body: said.StepSkip, case: Entering) -> said.ActView:
    """A step does not apply to this case, for a reason."""
    return await case.do(entries.step_skipped, body.step, body.reason)


# --- steps 8 and 11: solutions ---


@router.post("/faq")
async def open_faq(body: said.FaqLook, case: Entering) -> said.ActView:
    """The FAQ book is opened: step 8 begins."""
    return await case.do(solutions.open_faq, body.article)


@router.post("/answer")
async def choose_answer(body: said.FaqChoice, case: Entering) -> said.ActView:
    """Take an article's answer: it fills in outline, solution and recap."""
    article = await asyncio.to_thread(case.house.faq.open, case.actor.user_id, body.article)
    answer = FaqAnswer(article.text.code, article.version, article.text.question, article.text.answer)
    return await case.do(solutions.choose_answer, answer, told=body.told)


@router.post("/solution")
async def solve(body: said.Solve, case: Annotated[AtCase, doing(Deed.SOLVE)]) -> said.ActView:
    """A solution in the author's own words, who answers for it."""
    return await case.do(solutions.write, body.text, body.deliver_by)


@router.post("/delivery")
async def deliver(body: said.Deliver, case: Annotated[AtCase, doing(Deed.DELIVER)]) -> said.ActView:
    """The citizen was told the solution: the end of step 8 or 11."""
    return await case.do(solutions.deliver, body.channel)


# --- steps 9 and 10: to the dispatcher, to the official, back, elsewhere ---


@router.post("/dispatch/opened")
async def open_dispatch(case: Sending) -> said.ActView:
    """The dispatcher's form is opened: step 9 begins; what was searched for last was in vain."""
    await case.house.faq.give_up(case.actor.user_id)
    return await case.do(dispatching.open_dispatch)


@router.post("/dispatch")
async def send(body: said.Send, case: Sending) -> said.ActView:
    """To the dispatcher, with everything recorded so far."""
    return await case.do(dispatching.send, body.track, body.urgency)


@router.post("/forward")
async def forward(body: said.Forward, case: Annotated[AtCase, doing(Deed.FORWARD)]) -> said.ActView:
    """To an official; another one than suggested needs a reason."""
    return await case.do(dispatching.forward, body.unit, body.official, body.reason)


@router.post("/consult")
async def accept_consult(case: Annotated[AtCase, doing(Deed.CONSULT)]) -> said.ActView:
    """The official answers while the citizen holds the line."""
    return await case.do(dispatching.accept_consult)


@router.post("/return")
async def send_back(body: said.Reasoned, case: Annotated[AtCase, doing(Deed.RETURN)]) -> said.ActView:
    """Back with a reason: official to dispatcher, dispatcher to agent."""
    return await case.do(dispatching.send_back, body.reason)


@router.post("/refer")
async def refer(body: said.Refer, case: Annotated[AtCase, doing(Deed.REFER)]) -> said.ActView:
    """Not within this office's powers ("bukan wewenang"): where it belongs."""
    return await case.do(dispatching.refer, body.belongs_to, body.text)


# --- steps 12 to 14, and the end ---


@router.post("/confirmation")
async def confirm(body: said.Confirm, case: Annotated[AtCase, doing(Deed.CONFIRM)]) -> said.ActView:
    """Whether that settles it for the citizen: step 12."""
    return await case.do(endings.confirm, satisfied=body.satisfied)


@router.post("/another")
async def open_another(case: Entering) -> said.ActView:
    """Another complaint in the same call: a ticket of its own, identity carried."""
    return await case.do(endings.open_another)


@router.post("/recap")
async def recap(body: said.Recap, case: Closing) -> said.ActView:
    """The recap of step 14, and with `close` the end of the ticket."""
    return await case.do(endings.recap, body.problem, body.solution, close=body.close)


@router.post("/cancel")
async def cancel(body: said.Reasoned, case: Closing) -> said.ActView:
    """End the ticket without an answer, for a reason."""
    return await case.do(endings.cancel, body.reason)


@router.post("/reopen")
async def reopen(body: said.Reasoned, case: Closing) -> said.ActView:
    """It was not settled after all."""
    return await case.do(endings.reopen, body.reason)
