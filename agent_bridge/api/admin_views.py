"""What the API says of users, the audit and the FAQ book, and takes for them. Instants are UTC."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from agent_bridge.api.case_views import example
from agent_bridge.api.views import Asking, View
from ticketing.people.roles import Role

Username = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,58}$", examples=["sari.dispatch"])]


# --- users ---


class NewUser(Asking):
    """Somebody who is to work here."""

    username: Username
    name: str = Field(min_length=1, max_length=120, examples=["Sari"])
    role: Role = Field(examples=["dispatcher"])
    queue: str | None = Field(None, max_length=40)


class UserChange(Asking):
    """What is to change; what is left out or null stays, but for `queue`: null is none.

    Who is disabled, or changes role, is signed out at once.
    """

    name: str | None = Field(None, min_length=1, max_length=120, examples=["Sari Dewi"])
    role: Role | None = None
    queue: str | None = Field(None, max_length=40)
    disabled: bool | None = Field(None, examples=[True])


class UserLine(View):
    """A user as admins see them."""

    user_id: str
    username: str
    name: str
    role: Role
    queue: str | None
    disabled: bool


class UserList(View):
    """Every user."""

    users: list[UserLine]


class AddedUser(View):
    """A new user, and the token of a link to sign in once; None where the same request came before."""

    user: UserLine
    sign_in_once: str | None


class AuditLine(View):
    """Who did what to what; never with personal data in it."""

    at: datetime
    actor: str
    name: str | None
    role: str | None
    action: str
    object: str


class AuditList(View):
    """The audit, the newest first; ask again with `before` for what came earlier."""

    lines: list[AuditLine]
    next_before: int | None


# --- the FAQ book ---


class FaqQuery(Asking):
    """What is searched for; the last word may be unfinished."""

    text: str = Field(max_length=200, examples=["ktp ilang"])


class FaqHit(View):
    """An article found."""

    code: str
    version: int
    question: str
    answer: str
    score: float


class FaqHits(View):
    """Articles found, the best first."""

    hits: list[FaqHit]


class ArticleDraft(Asking):
    """An article as it is to be; `based_on` is the version it was made from."""

    question: str = Field(min_length=1, max_length=300, examples=["KTP-el rusak?"])
    answer: str = Field(min_length=1, max_length=4000, examples=["Bawa KTP yang rusak; tanpa surat hilang."])
    category: str = Field(max_length=10, examples=["10"])
    source: str = Field(min_length=1, max_length=200, examples=["Standar Pelayanan 2022"])
    owner: str = Field(min_length=1, max_length=40, examples=["dafduk"])
    review_on: date = Field(examples=["2027-11-01"])
    keywords: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(default=[], max_length=40)
    based_on: int | None = Field(None, ge=1, examples=[1])


class ArticleView(View):
    """One version of an article."""

    model_config = View.model_config | {
        "json_schema_extra": example(
            code="KTP-02", version=2, state="draft", question="KTP-el rusak?", answer="Bawa KTP yang rusak.",
            category="10", source="Standar Pelayanan 2022", owner="dafduk", review_on="2027-11-01",
            keywords=["sobek"], written_at="2026-11-23T02:00:00Z", published_at=None, review_overdue=False,
        )
    }  # fmt: skip

    code: str
    version: int
    state: str
    question: str
    answer: str
    category: str
    source: str
    owner: str
    review_on: date
    keywords: list[str]
    written_at: datetime
    published_at: datetime | None
    review_overdue: bool


class ArticleList(View):
    """Articles, by code."""

    articles: list[ArticleView]


class ArticleHistory(View):
    """Every version of an article, and the tickets it was told in, the newest first."""

    versions: list[ArticleView]
    told: list["ToldView"]


class ToldView(View):
    """That a version was told to the citizen of a ticket."""

    number: str
    version: int | None
    at: datetime


class GapView(View):
    """Something searched for in vain: stems of words, how often, and when last."""

    stems: str
    searches: int
    last_day: date


class GapList(View):
    """What the book lacks, the most searched for first."""

    gaps: list[GapView]
