"""One article of the FAQ book: a text, its version, and whether agents may tell it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from config.errors import Conflict, NotFound, Refused, Text
from config.faq import CODE, KEYWORD_LENGTH, OWNER_LENGTH, ArticleText, bad_code
from config.yaml_files import unknown


class ArticleState(StrEnum):
    """What has become of a version; one at most of each article is published."""

    DRAFT = "draft"
    PUBLISHED = "published"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


LABELS = {
    ArticleState.DRAFT: Text("rancangan", "draft"),
    ArticleState.PUBLISHED: Text("terbit", "published"),
    ArticleState.REPLACED: Text("diganti", "replaced"),
    ArticleState.WITHDRAWN: Text("ditarik", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Article:
    """One version of an article, and who wrote, published and withdrew it."""

    text: ArticleText
    version: int
    state: ArticleState
    written_by: str
    written_at: datetime
    published_by: str | None = None
    published_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    def review_overdue(self, today: date) -> bool:
        """Whether agents tell a text whose day of review has passed."""
        return self.state is ArticleState.PUBLISHED and self.text.review_on < today


class ArticleNotFound(NotFound):
    """The book has no such article, or not in that version or state."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Artikel {code} tidak ada. Lihat: hotline faq list",
            f"There is no article {code}. See: hotline faq list",
        )


class NothingToPublish(Conflict):
    """No draft of the article waits."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"{code} tidak mempunyai rancangan. Simpan dahulu perubahannya sebagai rancangan.",
            f"{code} has no draft. Save the change as a draft first.",
        )


class ArticleChanged(Conflict):
    """Somebody saved another version meanwhile; theirs would be passed over."""

    def __init__(self, code: str, version: int) -> None:
        super().__init__(
            f"{code} sudah berubah menjadi versi {version}. Buka versi itu, lalu ulangi perubahan Anda.",
            f"{code} has changed to version {version}. Open that version and make your change again.",
        )


class ArticleFault(Refused):
    """The text cannot stand in the book; `field` says which part of it."""

    def __init__(self, field: str, id: str, en: str) -> None:
        self.field = field
        super().__init__(id, en)


def check(text: ArticleText, categories: Collection[str]) -> None:
    """Refuse what the book cannot hold: parts left empty, too long, or a category that is not known."""
    if not CODE.fullmatch(text.code):
        raise ArticleFault("code", *bad_code(text.code))
    for field in ("question", "answer", "source", "owner"):
        if not getattr(text, field).strip():
            raise ArticleFault(field, "Belum diisi. Tulis isinya.", "It is empty. Write it.")
    if text.category not in categories:
        raise ArticleFault("category", *unknown(text.category, tuple(categories)))
    _check_length("owner", text.owner, OWNER_LENGTH)
    for keyword in text.keywords:
        _check_length("keywords", keyword, KEYWORD_LENGTH)


def split_keywords(line: str) -> tuple[str, ...]:
    """Keywords as people write them, with commas between."""
    return tuple(word for part in line.split(",") if (word := " ".join(part.split())))


def _check_length(field: str, value: str, most: int) -> None:
    if len(value) > most:
        raise ArticleFault(
            field,
            f"Terlalu panjang: {len(value)} huruf. Tulis paling banyak {most}.",
            f"Too long: {len(value)} characters. Write {most} at most.",
        )
