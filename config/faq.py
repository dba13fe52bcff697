"""The FAQ book as the office first fills it, and the words by which people search it (SOP step 8)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from config.categories import require_known
from config.yaml_files import Located

CODE = re.compile(r"[A-Z]{2,5}-[0-9]{2,3}")
"""How an article is named: KTP-01."""
OWNER_LENGTH, KEYWORD_LENGTH = 40, 60
_WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What one version of an article says, who answers for it, and when it is to be looked at again."""

    code: str
    question: str
    answer: str
    category: str
    source: str
    owner: str
    review_on: date
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedArticle:
    """An article the book begins with; drafts wait for the office's word."""

    text: ArticleText
    published: bool


@dataclass(frozen=True, slots=True)
class FaqWords:
    """How callers and agents write: words that say nothing, endings, what words mean, and topics.

    Only a topic or a word of the book is ever counted as searched in vain.
    """

    stop: frozenset[str]
    endings: tuple[str, ...]
    means: dict[str, tuple[str, ...]]
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Faq:
    """What `faq.yaml` says."""

    articles: tuple[SeedArticle, ...]
    words: FaqWords


def read_faq(top: Located, categories: Collection[str] = ()) -> Faq:
    """The articles and words of `faq.yaml`."""
    fields = top.fields(("articles", "words"))
    articles = tuple(_read_article(code, item, categories) for code, item in fields["articles"].pairs())
    return Faq(articles, _read_words(fields["words"]))


def _read_article(code: str, item: Located, categories: Collection[str]) -> SeedArticle:
    required = ("question", "answer", "category", "source", "owner", "review_on", "state")
    fields = item.fields(required, ("keywords",))
    if not CODE.fullmatch(code):
        item.refuse(*bad_code(code))
    category = fields["category"].text()
    if categories:
        require_known(category, tuple(categories), fields["category"])
    text = ArticleText(
        code=code,
        question=fields["question"].text(),
        answer=fields["answer"].text(),
        category=category,
        source=fields["source"].text(),
        owner=_short(fields["owner"], OWNER_LENGTH),
        review_on=fields["review_on"].day(),
        keywords=tuple(map(_keyword, fields["keywords"].items())) if "keywords" in fields else (),
    )
    return SeedArticle(text, fields["state"].choice(("published", "draft")) == "published")


def bad_code(code: str) -> tuple[str, str]:
    """What to say of a code that names no article."""
    return (
        f"'{code}' bukan kode artikel. Tulis 2-5 huruf besar, tanda hubung, 2-3 angka, seperti KTP-01.",
        f"'{code}' is no article's code. Write 2-5 capitals, a hyphen, 2-3 digits, such as KTP-01.",
    )


def _keyword(item: Located) -> str:
    keyword = _short(item, KEYWORD_LENGTH)
    if "," in keyword:
        item.refuse(
            f"'{keyword}' memuat koma. Tulis sebagai dua kata kunci.",
            f"'{keyword}' has a comma in it. Write two keywords.",
        )
    return keyword


def _short(item: Located, most: int) -> str:
    text = item.text()
    if len(text) > most:
        item.refuse(
            f"Terlalu panjang: {len(text)} huruf. Tulis paling banyak {most}.",
            f"Too long: {len(text)} characters. Write {most} at most.",
        )
    return text


def _read_words(top: Located) -> FaqWords:
    fields = top.fields(("stop", "endings", "means", "topics"))
    means = {}
    for written, item in fields["means"].pairs():
        if not _WORDS.fullmatch(written):
            item.refuse(*_no_words(written))
        means[written.casefold()] = tuple(_words(item).split())
    return FaqWords(
        stop=frozenset(map(_words, fields["stop"].items())),
        endings=tuple(map(_words, fields["endings"].items())),
        means=means,
        topics=frozenset(map(_words, fields["topics"].items())),
    )


def _words(item: Located) -> str:
    text = item.text()
    if not _WORDS.fullmatch(text):
        item.refuse(*_no_words(text))
    return text.casefold()


def _no_words(text: str) -> tuple[str, str]:
    return (
        f"'{text}' bukan kata. Tulis huruf saja, dengan satu spasi di antara kata.",
        f"'{text}' is no word. Write letters only, with one space between words.",
    )
