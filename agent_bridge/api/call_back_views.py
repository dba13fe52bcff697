"""What is asked and answered about call-backs."""

from datetime import datetime

from pydantic import Field

from agent_bridge.api.views import Asking, View


class Share(Asking):
    """How many of a hundred agents may call back while others wait."""

    percent: int = Field(ge=0, le=100, examples=[30])


class CallBackLine(View):
    """A call the office owes. `since_at` is when the citizen first joined the queue."""

    number: str
    since_at: datetime
    due_at: datetime
    reason: str | None
    tries: int
    tried_at: datetime | None


class CallBackBoard(View):
    """The calls owed. `done_by` is when the last will have been made at this pace, None if nobody can say."""

    owed: int
    due_today: int
    late: int
    tried: int
    longest_since_at: datetime | None
    done_by: datetime | None
    share_percent: int
    calling: int
    at_most: int
    serving: int
    waiting: int
    calls: list[CallBackLine]


class PromisesView(View):
    """Promises to citizens in some days, and what became of them.

    Of call-backs and answers: kept by their first due time; late, done or not; put off by a new time, which
    the citizen was told; open, not due yet. Texts are in time within 60 seconds.
    """

    waits_told: int
    waits_true: int
    waits_false: int
    waits_not_graded: int
    waits_open: int
    waits_share: float | None
    call_backs_promised: int
    call_backs_kept: int
    call_backs_late: int
    call_backs_put_off: int
    call_backs_open: int
    call_backs_made: int
    call_backs_in_vain: int
    answers_promised: int
    answers_kept: int
    answers_late: int
    answers_open: int
    numbers_promised: int
    numbers_in_time: int
    texts_promised: int
    texts_in_time: int
    texts_late: int
    texts_owed: int
    due_times_missed: int
    times_put_off: int


class Placed(View):
    """A call that was placed: the ticket it is about, and the call's id."""

    number: str
    call_id: str
