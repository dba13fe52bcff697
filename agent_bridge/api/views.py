"""What the API says and takes; the pages' types are generated from these. Instants are UTC."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ticketing.people.roles import Role

AgentState = Literal["signed_out", "not_ready", "ready", "ringing", "calling", "talking", "wrap_up"]


class View(BaseModel):
    """Shared manner: nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)


FIELDS: set[str] = set()
"""Names of all that may be asked for: what a refusal may call a field by."""


def can_be_kept(text: str) -> bool:
    """Whether every database keeps it: no NUL, and no half of a letter (a lone surrogate)."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


class Asking(View):
    """What is asked of the hotline: only texts that can be kept, and an example made of its fields'."""

    model_config = View.model_config | {"json_schema_extra": lambda schema: _put_example(schema)}

    @classmethod
    def __pydantic_init_subclass__(cls, **more: Any) -> None:
        """Its fields may be named in refusals."""
        FIELDS.update(cls.model_fields)

    @field_validator("*")
    @classmethod
    def _kept(cls, value: Any) -> Any:
        if not all(can_be_kept(text) for text in _texts_in(value)):
            raise ValueError("text that cannot be kept")
        return value


def _texts_in(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)


def _put_example(schema: dict[str, Any]) -> None:
    """Name the model's example, for readers of the OpenAPI document: its fields' first ones together."""
    fields = schema.get("properties", {}).items()
    schema["examples"] = [{name: field["examples"][0] for name, field in fields if "examples" in field}]


# --- signing in ---


class SignIn(Asking):
    """Name and password."""

    username: str = Field(min_length=1, max_length=60, examples=["dewi"])
    password: str = Field(min_length=1, max_length=200, examples=["cukup-panjang-sekali"])


class SignInOnce(Asking):
    """A one-time token, as `hotline run` prints it."""

    token: str = Field(min_length=8, max_length=100, examples=["mR5vN0t-a-real-one"])


class UserView(View):
    """A signed-in user."""

    user_id: str
    name: str
    role: Role


class SessionView(View):
    """A session: send `csrf` back as X-CSRF-Token with everything that changes something."""

    user: UserView
    csrf: str
    profile: str
    language: str


class Problem(View):
    """A refusal (RFC 9457), in the reader's language."""

    type: str
    title: str
    status: int
    detail: str


# --- the agent's phone ---


class SipAccount(View):
    """What a browser needs to be a telephone."""

    ws_url: str
    uri: str
    username: str
    password: str


class PhoneChoice(View):
    """A phone an agent may sit down at."""

    phone: str
    label: str


class LabelView(View):
    """A code of the configuration with its name in both languages."""

    code: str
    id: str
    en: str


class DeskChoices(View):
    """What an agent may choose from."""

    phones: list[PhoneChoice]
    not_ready_reasons: list[LabelView]


class TakePhone(Asking):
    """Sit down at a phone: `browser`, or one of the PBX's."""

    phone: str = Field(max_length=40, examples=["browser"])


class PhoneView(View):
    """The phone taken; `sip` only for a browser."""

    phone: str
    sip: SipAccount | None = None


class NotReady(Asking):
    """Away, and why."""

    reason: str = Field(max_length=40, examples=["istirahat"])


class ExtendWrapUp(Asking):
    """More time for the recap."""

    seconds: int = Field(ge=10, le=600, examples=[60])


class HandOn(Asking):
    """To whom the caller goes on."""

    agent_id: str = Field(min_length=1, max_length=80, examples=["6f1d2c3b"])


class ColleagueView(View):
    """Somebody who could take a call now."""

    agent_id: str
    name: str


class ColleaguesView(View):
    """Those who could take a call now."""

    colleagues: list[ColleagueView]


# --- the desk ---


class AgentView(View):
    """The agent as the floor sees them."""

    agent_id: str
    name: str
    state: AgentState
    reason: str | None = None
    since_at: datetime | None = None
    phone: str | None = None
    wrap_up_until_at: datetime | None = None


class TicketView(View):
    """A ticket's number, whole and as it is spoken."""

    number: str
    spoken: str


class EarlierTicket(View):
    """A ticket the same line registered before."""

    number: str
    opened_at: datetime
    state: str
    category: LabelView | None = None


class CallerView(View):
    """Who calls, as far as it may be shown: a line proves no person."""

    masked_number: str | None
    standing: Literal["known", "maybe", "unknown"]
    earlier: list[EarlierTicket]


class StepView(View):
    """One step of the SOP on this call, with its standard time and its clock."""

    step: int
    id: str
    en: str
    actor: str | None
    standard_seconds: int | None
    warn_seconds: float | None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    state: Literal["ahead", "running", "done", "skipped"]
    within: bool | None = None


class PopView(View):
    """The caller's context on the screen of the one agent whose phone rings."""

    call_id: str
    phase: Literal["ringing", "calling", "talking", "wrap_up"]
    queue: str | None
    ticket: TicketView | None
    category: LabelView | None
    caller: CallerView
    queued_at: datetime | None
    rang_at: datetime | None
    answered_at: datetime | None
    closing_at: datetime | None
    ended_at: datetime | None
    steps: list[StepView]


class NextCallBack(View):
    """The call-back to be made next: whoever has waited longest. `tries` came to nothing before."""

    number: str
    since_at: datetime
    due_at: datetime
    tries: int


class QueueView(View):
    """The queue at this instant. Without a next call-back none is owed, or the queue comes first."""

    waiting: int
    longest_wait_since_at: datetime | None
    ready_agents: int
    call_backs_due: int
    next_call_back: NextCallBack | None = None


class LinkView(View):
    """The link to the PBX: live, stale (events stopped), or absent."""

    pbx: Literal["live", "stale", "absent"]
    since_at: datetime | None = None


class DeskView(View):
    """Everything on an agent's desk."""

    agent: AgentView
    pop: PopView | None
    queue: QueueView
    link: LinkView


class DeskChange(View):
    """The parts of the desk that changed; a part left out stays as it was."""

    agent: AgentView | None = None
    pop: PopView | None = None
    queue: QueueView | None = None
    link: LinkView | None = None


class FeedMessage(View):
    """One message of the feed; a snapshot holds every part, a change the parts that changed."""

    type: Literal["snapshot", "change", "heartbeat"]
    cursor: int
    server_at: datetime
    desk: DeskChange | None = None


# --- practice ---


class PracticePhone(View):
    """A telephone for practice: a browser dials the hotline with it."""

    account: str
    label: str
    caller_number_masked: str
    sip: SipAccount


class PracticeView(View):
    """What practising needs."""

    line_number: str
    phones: list[PracticePhone]
