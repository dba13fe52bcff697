"""What citizens ask without an account, and what they are answered."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from agent_bridge.api.case_views import WarningView
from agent_bridge.api.views import Asking, LabelView, View
from ticketing.case_facts import Contact
from ticketing.citizens.form import Form


class StatusQuestion(Asking):
    """A ticket's number and its PIN; in the body, for addresses are kept in logs."""

    number: str = Field(min_length=1, max_length=20, examples=["261123-0042-4"])
    pin: str = Field(min_length=1, max_length=12, examples=["123456"])


class PassedStep(View):
    """A step of the SOP that is over."""

    step: int
    id: str
    en: str


class StatusAnswer(View):
    """How the ticket stands; nothing personal. `promised_at` is what was promised; `late` if that is past.

    `in_a_cause`: it counts as one of many with a common cause, and may be taken out.
    """

    number: str
    standing: str
    sentence: str
    is_open: bool
    registered_at: datetime
    closed_at: datetime | None
    steps: list[PassedStep]
    promised_at: datetime | None
    promise: str | None
    late: bool
    in_a_cause: bool
    further: str


class WebForm(Asking):
    """The web form."""

    name: str = Field(min_length=2, max_length=120, examples=["Sari Contoh"])
    phone: str = Field(min_length=5, max_length=30, examples=["0812 0000 0042"])
    type: str = Field(max_length=20, examples=["complaint"])
    category: str = Field(max_length=10, examples=["11"])
    story: str = Field(min_length=5, max_length=4000, examples=["KTP belum jadi sejak tiga bulan."])
    district: str | None = Field(None, max_length=2, examples=["07"])
    nik: str | None = Field(None, max_length=30, examples=["3578014101900001"])
    contact: Contact = Contact.CALL


class Registered(View):
    """Number and PIN, to be written down, and what happens next: by when somebody looks, and answers."""

    number: str
    pin: str
    looked_at_by: datetime | None
    answer_by: datetime | None
    next: str
    warnings: list[WarningView]


class Slip(WebForm):
    """A slip of paper: the form, its number and time, and the answer given; `closed` if that settled it."""

    number: str = Field(max_length=20, examples=["261123-0042-4"])
    happened_at: AwareDatetime = Field(examples=["2026-11-23T02:00:00Z"])
    phone: str | None = Field(None, max_length=30, examples=["0812 0000 0042"])  # type: ignore[assignment]
    solution: str | None = Field(None, max_length=4000)
    closed: bool = False


class SlipTaken(View):
    """The slip is a ticket now."""

    number: str
    state: str
    warnings: list[WarningView]


class FormChoices(View):
    """What the web form may be filled with."""

    types: list[LabelView]
    categories: list[LabelView]
    districts: list[LabelView]
    line_number: str


def warning_views(form: Form) -> list[WarningView]:
    """What is doubtful about the form's NIK."""
    return [
        WarningView(field="nik", code=one.code, id=one.text.id, en=one.text.en) for one in form.nik_warnings
    ]
