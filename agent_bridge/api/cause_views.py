"""What is asked and answered about causes (peristiwa)."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from agent_bridge.api.views import Asking, LabelView, View
from ticketing.causes.book import LONGEST_SPOKEN


class CauseOpening(Asking):
    """A cause to be opened; `spoken` is what callers hear right after their number."""

    title: str = Field(min_length=3, max_length=60, examples=["KK diblokir"])
    spoken: str = Field(
        min_length=10, max_length=LONGEST_SPOKEN, examples=["Kartu keluarga yang diblokir sedang diperiksa."]
    )
    categories: list[str] = Field(default_factory=list, max_length=20, examples=[["20"]])
    until_at: AwareDatetime = Field(examples=["2030-01-01T08:00:00Z"])


class CauseChoice(Asking):
    """The cause a case is about."""

    cause_id: str = Field(min_length=1, max_length=32, examples=["3f0c2a516d0e"])


class CauseAnswering(Asking):
    """One answer for everybody; `official` is who gave it and answers for it, else whoever writes it down."""

    text: str = Field(min_length=1, max_length=4000, examples=["Kartu keluarga Bapak/Ibu tetap berlaku."])
    official: str | None = Field(None, max_length=60, examples=["kabid.dafduk"])


class CauseView(View):
    """A cause, and how far its newest answer has come.

    `tickets` are all that are linked, `open` those of them that are not over; `answered` have the answer,
    `waiting` are still to get it, `told` have heard it, by `channels`. `is_spoken`: callers hear of it now.
    """

    cause_id: str
    title: str
    spoken: str
    categories: list[LabelView]
    opened_at: datetime
    until_at: datetime
    closed_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    is_spoken: bool
    tickets: int
    open: int
    answered: int
    waiting: int
    told: int
    channels: dict[str, int]


class CauseList(View):
    """Causes, the newest first."""

    causes: list[CauseView]


class SurgeView(View):
    """Far more in the last hour than is usual at this hour; without a category: all together."""

    category: LabelView | None
    last_hour: int
    usual: float


class Hints(View):
    """What a supervisor may want to open a cause for; all together first, then the most."""

    surges: list[SurgeView]
