"""Periodic follow-up (the SOP's "Peringatan"): what the owner of a case does until it is over."""

from ticketing import case_facts
from ticketing.case_facts import Channel, FollowUpResult
from ticketing.desk.act import Act
from ticketing.desk.once import Answer
from ticketing.facts import Provenance
from ticketing.people import texts
from ticketing.tickets.follow_up import call_back_owed


def follow_up(act: Act, text: str, result: FollowUpResult) -> Answer:
    """The owner saw to it that the case goes on, and wrote down how."""
    act.refuse_if_over()
    text_id = act.seal(texts.FOLLOW_UP, text)
    act.does(case_facts.FollowUpDone, Provenance.DECLARED, text_id=text_id, result=result)
    return {}


def wait_for_citizen(act: Act, reason: str) -> Answer:
    """The office cannot go on without the citizen: its clock pauses, the citizen's does not."""
    act.refuse_if_over()
    act.refuse_unless(
        act.case.waiting_since_at is None,
        "Tiket ini sudah menunggu warga.",
        "This ticket waits for the citizen already.",
    )
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.WaitForCitizenBegun, Provenance.DECLARED, reason_id=reason_id)
    act.audits("clock.pause", reason_id)
    return {}


def wait_no_more(act: Act) -> Answer:
    """The citizen answered, or the office no longer waits."""
    act.refuse_unless(
        act.case.waiting_since_at is not None,
        "Tiket ini tidak sedang menunggu warga.",
        "This ticket does not wait for the citizen.",
    )
    act.does(case_facts.WaitForCitizenEnded, Provenance.DECLARED)
    act.audits("clock.resume")
    return {}


def take_over(act: Act, reason: str) -> Answer:
    """A supervisor owns the case from now on; what was being typed is theirs to see."""
    act.refuse_if_over()
    reason_id = act.seal(texts.REASON, reason)
    act.does(case_facts.TakenOver, Provenance.DECLARED, reason_id=reason_id)
    act.audits("case.take_over", reason_id)
    return {}


def called_back(act: Act, *, reached: bool) -> Answer:
    """The call owed to the citizen was made, and reached them or not."""
    act.refuse_if_over()
    call_back = call_back_owed(act.found.standing)
    reason = call_back.reason if call_back else None
    act.does(case_facts.CallBackTried, Provenance.DECLARED, reached=reached, reason=reason)
    return {}


def told(act: Act, message: str, channel: Channel) -> Answer:
    """A message owed to the citizen was given to them."""
    owed = {one.key for one in act.found.messages if not one.told_at}
    act.refuse_unless(
        message in owed,
        "Pesan itu tidak terutang, atau sudah disampaikan.",
        "That message is not owed, or was given already.",
    )
    act.does(case_facts.CitizenTold, Provenance.DECLARED, message=message, channel=channel)
    return {}
