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


class Placed(View):
    """A call that was placed: the ticket it is about, and the call's id."""

    number: str
    call_id: str
