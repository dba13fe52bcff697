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


class CauseView(View):
    """A cause, and how far its answer has come: linked tickets, those that have it, were told, are over."""

    cause_id: str
    title: str
    spoken: str
    categories: list[LabelView]
    opened_at: datetime
    until_at: datetime
    closed_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    tickets: int
    answered: int
    told: int
    over: int


class CauseList(View):
    """Causes, the newest first."""

    causes: list[CauseView]
