"""`hotline faq`: the FAQ book of SOP step 8, looked at, searched, changed by a file, and published."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from agent_bridge.house import Ledger, open_ledger, read_office
from config.clock import now, office_day
from config.errors import Refused, Text
from config.office import Office
from config.settings import Settings
from ticketing.faq import book, csv_files
from ticketing.faq.article import LABELS, Article, ArticleState
from ticketing.faq.gaps import gaps as gaps_since
from ticketing.faq.search import Index

ACTOR = "cli"
T = TypeVar("T")
Code = Annotated[str, typer.Argument(help="kode artikel / the article's code", metavar="CODE")]
File = Annotated[Path, typer.Argument(help="berkas CSV / a CSV file", metavar="FILE")]
app = typer.Typer(no_args_is_help=True, help="Buku FAQ / The FAQ book.")


class NotWritten(Refused):
    """The file cannot be put where it was asked for."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} tidak dapat ditulis. Periksa folder dan izinnya.",
            f"{file} cannot be written. Check its folder and permissions.",
        )


@dataclass(frozen=True, slots=True)
class _Opened:
    """The book, and how to speak of it."""

    settings: Settings
    office: Office
    ledger: Ledger
    tell: Speaker

    def read(self, question: Callable[[Connection], T]) -> T:
        """Ask the book."""
        with self.ledger.reader.connect() as connection:
            return question(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Change the book in one transaction."""
        return asyncio.run(_do(self.ledger, work))


@app.command("list")
def list_articles(
    state: Annotated[ArticleState | None, typer.Option(help="hanya yang begini / only these")] = None,
) -> None:
    """Semua artikel, dan yang lewat tinjau ulang / Every article, and those overdue for review."""
    with _opened() as opened:
        for article in opened.read(lambda connection: book.listed(connection, state)):
            _print(f"{_head(opened, article)}  {article.text.question}")


@app.command("show")
def show(
    code: Code,
    version: Annotated[int | None, typer.Option(min=1, help="versi / which version")] = None,
) -> None:
    """Satu artikel, versi terbaru atau yang disebut / One article, its newest version or the one named."""
    with _opened() as opened:
        article = opened.read(
            lambda connection: (
                book.version(connection, code, version) if version else book.newest(connection, code)
            )
        )
        _print(_head(opened, article), *_told(article).say(opened.settings.language).splitlines())


@app.command("search")
def search(words: Annotated[list[str], typer.Argument(help="yang dicari / what to look for")]) -> None:
    """Cari seperti petugas mencari / Search as an agent does."""
    with _opened() as opened:
        articles = opened.read(lambda connection: book.listed(connection, ArticleState.PUBLISHED))
        hits = Index(articles, opened.office.faq.words).search(" ".join(words))
        for hit in hits:
            _print(f"{hit.code}  v{hit.version}  {hit.score:.1f}  {hit.question}", f"    {hit.answer}")
        if not hits:
            opened.tell("Tidak ada artikel yang cocok.", "No article fits.")


@app.command("export")
def export_file(file: File) -> None:
    """Tulis buku FAQ sebagai CSV untuk Excel / Write the book as CSV for Excel."""
    with _opened() as opened:
        articles = opened.read(book.listed)
        try:
            file.write_bytes(csv_files.export_csv(articles))
        except OSError:
            raise NotWritten(file) from None
        opened.tell(f"{len(articles)} artikel ditulis.", f"{len(articles)} articles written.")


@app.command("import")
def import_file(file: File) -> None:
    """Ambil perubahan dari CSV sebagai rancangan / Take changes from a CSV file as drafts."""
    with _opened() as opened:
        texts = csv_files.import_csv(file, opened.office.categories)
        saved = opened.write(lambda connection: csv_files.save_changes(connection, texts, now(), ACTOR))
        for article in saved:
            _print(_head(opened, article))
        opened.tell(f"{len(saved)} rancangan baru, {len(texts) - len(saved)} tidak berubah.",
                    f"{len(saved)} new drafts, {len(texts) - len(saved)} unchanged.")  # fmt: skip


@app.command("publish")
def publish(code: Code) -> None:
    """Terbitkan rancangan artikel / Publish the article's draft."""
    with _opened() as opened:
        article = opened.write(lambda connection: book.publish(connection, code, now(), ACTOR))
        opened.tell(
            f"{code} versi {article.version} terbit.", f"{code} version {article.version} is published."
        )


@app.command("withdraw")
def withdraw(code: Code) -> None:
    """Tarik artikel yang terbit / Take a published article back."""
    with _opened() as opened:
        article = opened.write(lambda connection: book.withdraw(connection, code, now(), ACTOR))
        opened.tell(
            f"{code} versi {article.version} ditarik.", f"{code} version {article.version} is withdrawn."
        )


@app.command("gaps")
def gaps(days: Annotated[int, typer.Option(min=1, max=3660, help="hari terakhir / last days")] = 30) -> None:
    """Yang dicari tetapi tidak ada / What was searched for in vain."""
    with _opened() as opened:
        since = office_day(now()) - timedelta(days=days)
        found = opened.read(lambda connection: gaps_since(connection, since))
        for gap in found:
            _print(f"{gap.searches:>5}  {gap.last_day:%d/%m/%Y}  {gap.stems}")
        opened.tell(f"{len(found)} celah. '?': kata lain, tidak disimpan.",
                    f"{len(found)} gaps. '?': other words, which are not kept.")  # fmt: skip


@contextlib.contextmanager
def _opened() -> Iterator[_Opened]:
    """The book, filled from `faq.yaml` where it is still empty; a refusal ends the command."""
    settings = settings_or_exit()
    with refusals(settings):
        keeper = read_office(settings)
        with contextlib.closing(open_ledger(settings, keeper)) as ledger:
            opened = _Opened(settings, keeper.office, ledger, Speaker(settings.language))
            opened.write(lambda connection: book.seed(connection, keeper.office.faq.articles, now()))
            yield opened


async def _do(ledger: Ledger, work: Callable[[Connection], T]) -> T:
    return await ledger.journal.do(work)


def _head(opened: _Opened, article: Article) -> str:
    state = LABELS[article.state].say(opened.settings.language)
    overdue = " !" if article.review_overdue(office_day(now())) else ""
    return f"{article.text.code:<8} v{article.version}  {state}{overdue}"


def _told(article: Article) -> Text:
    text, day = article.text, f"{article.text.review_on:%d/%m/%Y}"
    keywords = ", ".join(text.keywords) or "-"
    return Text(
        f"{text.question}\n{text.answer}\nKategori: {text.category}\nSumber: {text.source}\n"
        f"Pemilik: {text.owner}\nTinjau ulang: {day}\nKata kunci: {keywords}",
        f"{text.question}\n{text.answer}\nCategory: {text.category}\nSource: {text.source}\n"
        f"Owner: {text.owner}\nReview: {day}\nKeywords: {keywords}",
    )


def _print(*lines: str) -> None:
    for line in lines:
        console.print(line, markup=False)
