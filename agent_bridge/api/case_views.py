"""What the API says of cases and takes for them. Instants are UTC; NIK and numbers are masked."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_bridge.api.views import Asking, LabelView, View
from ticketing.case_facts import Channel, Contact, FollowUpResult, Origin, Track, Urgency
from ticketing.ledger.deliveries import WhyAPerson

NUMBER = "261123-0042-4"
ArticleCode = Annotated[str, Field(pattern=r"^[A-Z]{2,5}-[0-9]{2,3}$", examples=["KTP-01"])]
Reason = Field(min_length=3, max_length=1000, examples=["Warga meminta lewat telepon."])


def example(**values: Any) -> dict[str, Any]:
    """A model's example for the OpenAPI document."""
    return {"example": values}


# --- what is asked ---


FormField = Literal[
    "name", "nik", "phone", "district", "type", "category", "story", "outline", "solution", "recap"
]


class Draft(Asking):
    """What is being typed, whatever it is; the whole form each time."""

    typed: dict[FormField, Annotated[str, Field(max_length=4000)]] = Field(
        max_length=10, examples=[{"name": "Sari", "story": "ktp saya hil"}]
    )


class Entry(Asking):
    """The form as it stands. `overrides` names fields kept against a warning or left empty, with a reason."""

    name: str | None = Field(None, max_length=120, examples=["Sari Contoh"])
    nik: str | None = Field(None, max_length=30, examples=["3578014101900001"])
    phone: str | None = Field(None, max_length=30, examples=["0812 0000 0042"])
    district: str | None = Field(None, max_length=2, examples=["07"])
    type: str | None = Field(None, max_length=20, examples=["complaint"])
    category: str | None = Field(None, max_length=10, examples=["11"])
    story: str | None = Field(None, max_length=4000, examples=["KTP belum jadi sejak tiga bulan."])
    use_offered_nik: bool = False
    overrides: list[Literal["name", "nik", "phone", "district"]] = Field(default=[], max_length=4)
    override_reason: str | None = Field(None, max_length=1000)


class Written(Asking):
    """A text."""

    text: str = Field(
        min_length=1, max_length=4000, examples=["Berkas sudah lengkap; kartu menunggu blangko."]
    )


class Reasoned(Asking):
    """Why."""

    reason: str = Reason


class Preference(Asking):
    """How a citizen wants to be reached."""

    contact: Contact = Field(examples=["text"])


class StepSaid(Asking):
    """A step of the SOP that is over."""

    step: int = Field(ge=1, le=99, examples=[7])


class StepSkip(Asking):
    """A step of the SOP that does not apply, and why."""

    step: int = Field(ge=1, le=99, examples=[8])
    reason: str = Reason


class FaqLook(Asking):
    """The FAQ book was opened, at an article or not."""

    article: ArticleCode | None = Field(None, examples=["KTP-01"])


class FaqChoice(Asking):
    """An article's answer is taken; `told` says that the citizen on the line has heard it."""

    article: ArticleCode
    told: bool = False


class Solve(Asking):
    """A solution in the author's own words, and who is to tell the citizen."""

    text: str = Field(
        min_length=1, max_length=4000, examples=["Kartu dapat diambil di kelurahan mulai Senin."]
    )
    deliver_by: Literal["agent", "dispatcher", "official"] | None = Field(None, examples=["agent"])


class Deliver(Asking):
    """How the citizen was told."""

    channel: Channel = Field(examples=["live_call"])


class Send(Asking):
    """To the dispatcher: `live` while the caller holds the line, else `deferred`."""

    track: Track = Field(examples=["deferred"])
    urgency: Urgency = Urgency.NORMAL


class Forward(Asking):
    """To an official; a reason where it is not the one suggested."""

    unit: str = Field(max_length=40, examples=["dafduk"])
    official: str = Field(max_length=60, examples=["pejabat.dafduk.1"])
    reason: str | None = Field(None, max_length=1000)


class Refer(Asking):
    """Not within this office's powers: where it belongs, in words for the citizen."""

    belongs_to: str = Field(min_length=2, max_length=120, examples=["BPJS Kesehatan"])
    text: str = Field(min_length=1, max_length=4000, examples=["Silakan hubungi BPJS Kesehatan di 165."])


class Confirm(Asking):
    """The citizen's answer to whether that settles it."""

    satisfied: bool = Field(examples=[True])


class Recap(Asking):
    """The recap; what is left out is taken from the facts. `close` ends the ticket with it."""

    problem: str | None = Field(None, max_length=4000, examples=["KTP-el belum jadi sejak tiga bulan."])
    solution: str | None = Field(None, max_length=4000, examples=["Kartu dapat diambil mulai Senin."])
    close: bool = Field(False, examples=[True])


class Tell(Asking):
    """Which message owed was given, by its key, and how."""

    message: str = Field(max_length=80, examples=["26112300424/progress/1"])
    channel: Channel = Field(examples=["call_back"])


class FollowUp(Asking):
    """What was done so that the case goes on."""

    text: str = Field(min_length=3, max_length=4000, examples=["Menanyakan ke gudang; blangko datang Kamis."])
    result: FollowUpResult = Field(examples=["in_progress"])


class CalledBack(Asking):
    """Whether the call owed reached the citizen."""

    reached: bool = Field(examples=[True])


class Merge(Asking):
    """The ticket that goes on for both, and why they are the same case."""

    into: str = Field(max_length=20, examples=[NUMBER])
    reason: str = Reason


class Unmask(Asking):
    """One field of one case, and why it is needed."""

    field: Literal["nik", "phone"] = Field(examples=["nik"])
    reason: str = Reason


# --- what is said ---


class WarningView(View):
    """What a soft rule doubts about a field."""

    field: str
    code: str
    id: str
    en: str


class ActView(View):
    """What an act came to; the same request gets the same answer again."""

    model_config = View.model_config | {
        "json_schema_extra": example(number=NUMBER, state="recorded", warnings=[], missing=[])
    }

    number: str
    state: str
    warnings: list[WarningView] = Field(default=[])
    missing: list[str] = Field(default=[])
    nik_offered: bool = False
    child_number: str | None = None
    unit: str | None = None
    official: str | None = None


class Unmasked(View):
    """A field unmasked; the act is in the audit."""

    number: str
    field: str
    value: str


class OwnerView(View):
    """Who answers for a case now: a person, or a team."""

    role: str
    id: str
    name: str | None = None


class CaseLine(View):
    """One case in a list."""

    number: str
    spoken: str
    state: str
    type: str | None
    category: LabelView | None
    restricted: bool
    urgency: str | None
    track: str | None
    owner: OwnerView | None
    next_due_at: datetime | None
    due_kind: str | None
    limit_at: datetime | None
    seconds_left: float | None
    registered_at: datetime
    closed_at: datetime | None
    origin: Origin
    text_only: bool


class CaseList(View):
    """A page of cases, the least time left first; ask again with `after` for the next."""

    cases: list[CaseLine]
    next_cursor: str | None


class IdentityView(View):
    """Who the citizen is, as far as it is known and may be shown."""

    name: str | None
    nik_masked: str | None
    phone_masked: str | None
    district: LabelView | None
    fields: list[str]
    missing: list[str]
    offered_nik_masked: str | None


class SolutionView(View):
    """A solution, who answers for it, and who told the citizen, when and how."""

    text: str | None
    author: str | None
    author_role: str
    written_at: datetime
    article: str | None
    article_version: int | None
    deliver_by: str | None
    told_by: str | None
    told_at: datetime | None
    channel: str | None


class RecapView(View):
    """The recap as it was written, or, not `written` yet, as the facts would fill it in."""

    written: bool
    problem: str | None
    solution: str | None
    told_by: str | None
    told_at: datetime | None


class CaseStepView(View):
    """One step of the SOP on this case; `provenance` of both its boundaries."""

    step: int
    round: int
    id: str
    en: str
    actor: str | None
    started_at: datetime
    ended_at: datetime | None
    started_by: str
    ended_by: str | None
    seconds: float | None
    standard_seconds: int | None
    within: bool | None
    by: str | None
    skipped_because: str | None


class ClocksView(View):
    """The citizen's clock never stops; the office's stands still while it waits for the citizen."""

    citizen_seconds: float
    office_seconds: float
    waiting_since_at: datetime | None


class MessageView(View):
    """A message owed to the citizen; `why` a person has to tell them, where that is known."""

    key: str
    number: str
    kind: str
    owed_at: datetime
    told_at: datetime | None
    why: WhyAPerson | None = None


class MessageList(View):
    """Messages owed, the oldest first."""

    messages: list[MessageView]
    next_cursor: str | None


class EventView(View):
    """Something that happened to the case, by whom, and in which words."""

    at: datetime
    kind: str
    by: str | None
    role: str
    provenance: str
    text: str | None = None


class DraftView(View):
    """What was typed last."""

    typed: dict[str, str]
    saved_at: datetime


class CaseView(CaseLine):
    """One case, whole."""

    parent: str | None
    children: list[str]
    merged_into: str | None
    unit: str | None
    official: str | None
    belongs_to: str | None
    calendar_version: str | None
    identity: IdentityView
    story: str | None
    outline: str | None
    solution: SolutionView | None
    recap: RecapView
    consult_until_at: datetime | None
    call_back_due_at: datetime | None
    cause_id: str | None
    steps: list[CaseStepView]
    clocks: ClocksView
    messages: list[MessageView]
    events: list[EventView]
    draft: DraftView | None


class PinView(View):
    """A ticket's PIN."""

    number: str
    pin: str


class SuggestionView(View):
    """Whom the hotline suggests, and why."""

    unit: str
    official: str
    acting_for: str | None
    why: str


class NoticeView(View):
    """A due time that passed."""

    number: str
    level: int
    due_at: datetime
    at: datetime


class NoticeList(View):
    """Notices, the newest first."""

    notices: list[NoticeView]
    next_cursor: str | None


class SopStepView(View):
    """One step as the SOP has it."""

    step: int
    id: str
    en: str
    actor: str | None
    standard_seconds: int | None
    warn_seconds: float | None


class PersonView(View):
    """Somebody a case can be forwarded to."""

    username: str
    name: str


class UnitView(View):
    """A unit of the office: its officials, then its head."""

    code: str
    id: str
    en: str
    officials: list[PersonView]


class ChoicesView(View):
    """What a form may be filled with, what each type requires, and to whom a case can go."""

    types: list[LabelView]
    required: dict[str, list[str]]
    categories: list[LabelView]
    districts: list[LabelView]
    units: list[UnitView]
    steps: list[SopStepView]
    sop_version: str
