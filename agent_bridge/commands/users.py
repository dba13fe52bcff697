"""`hotline user` and `hotline unit`: who works here, in which role, and who answers for what."""

import asyncio
import contextlib
import secrets
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.table import Table

from agent_bridge.accounts import USERNAME, Accounts
from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from config.clock import now, office_day
from config.errors import NotFound, Refused, Text
from config.settings import Settings
from config.units import Units
from ticketing.desk.matrix import MATRIX, Reach
from ticketing.people.roles import Role
from ticketing.tickets.follow_up import stand_in

user = typer.Typer(no_args_is_help=True, help="Pengguna dan perannya / Users and their roles.")
unit = typer.Typer(no_args_is_help=True, help="Unit dan pejabatnya / Units and their officials.")
Username = Annotated[str, typer.Argument(help="nama pengguna / user name")]

_REACHES = {
    Reach.OWN: Text("sendiri", "own"),
    Reach.QUEUE: Text("antrean", "queue"),
    Reach.ROUTED: Text("dikirim", "routed"),
    Reach.UNIT: Text("unit", "unit"),
    Reach.ALL: Text("semua", "all"),
}


class NothingToChange(Refused):
    """A change was asked for without saying what is to change."""

    def __init__(self) -> None:
        super().__init__(
            "Tulis yang diubah: --role, --queue atau --name.",
            "Say what is to change: --role, --queue or --name.",
        )


class NoSuchQueue(NotFound):
    """The office has no such queue; who belonged to it would see nobody's cases."""

    def __init__(self, queue: str, known: Iterable[str]) -> None:
        listed = ", ".join(known)
        super().__init__(
            f"Antrean {queue} tidak ada. Yang ada: {listed}.",
            f"There is no queue {queue}. There are: {listed}.",
        )


class NotAUsername(Refused):
    """The name is not one that can be signed in with."""

    def __init__(self, username: str) -> None:
        super().__init__(
            f"'{username}' bukan nama pengguna. Pakai huruf kecil, angka, titik, - atau _: sari.dispatch.",
            f"'{username}' is no user name. Use small letters, digits, dots, - or _: sari.dispatch.",
        )


@user.command("add")
def add(
    username: Username,
    name: Annotated[str, typer.Argument(help="nama lengkap / full name")],
    role: Annotated[Role, typer.Option()] = Role.AGENT,
    queue: Annotated[str | None, typer.Option(help="antrean / queue")] = None,
) -> None:
    """Tambah pengguna; kata sandinya dicetak sekali / Add a user; the password is printed once."""
    password = secrets.token_urlsafe(12)
    with _accounts() as (accounts, tell):
        if not USERNAME.fullmatch(username):
            raise NotAUsername(username)
        _require_queue(queue)
        asyncio.run(accounts.add_user(username, name, role, password))
        if queue:
            asyncio.run(accounts.change_user(username, queue=queue))
        tell(f"{username}: {password}  (kata sandi, hanya ditampilkan sekali)",
             f"{username}: {password}  (the password, shown this once)")  # fmt: skip


@user.command("list")
def list_users() -> None:
    """Semua pengguna / Every user."""
    with _accounts() as (accounts, _):
        table = Table("nama pengguna / user", "nama / name", "peran / role", "antrean / queue", "")
        for row in accounts.users():
            state = "nonaktif / disabled" if row.disabled_at else ""
            table.add_row(row.username, row.name, row.role, row.queue or "-", state)
        console.print(table)


@user.command("change")
def change(
    username: Username,
    role: Annotated[Role | None, typer.Option(help="peran baru / new role")] = None,
    queue: Annotated[str | None, typer.Option(help="antrean / queue")] = None,
    name: Annotated[str | None, typer.Option(help="nama / name")] = None,
) -> None:
    """Ubah peran, antrean atau nama / Change role, queue or name; a new role signs the user out."""
    wanted = {"role": role.value if role else None, "queue": queue, "name": name}
    _change(username, {field: value for field, value in wanted.items() if value is not None})


@user.command("disable")
def disable(username: Username) -> None:
    """Keluarkan pengguna, seketika / Shut a user out, at once."""
    _change(username, {"disabled": True})


@user.command("enable")
def enable(username: Username) -> None:
    """Izinkan pengguna masuk lagi / Let a user in again."""
    _change(username, {"disabled": False})


@user.command("roles")
def roles() -> None:
    """Siapa boleh apa / Who may do what."""
    settings = settings_or_exit()
    table = Table("", *(role.value for role in Role))
    table.columns[0].no_wrap = True
    for deed, reaches in MATRIX.items():
        cells = (_REACHES[reaches[role]].say(settings.language) if role in reaches else "-" for role in Role)
        table.add_row(deed.value, *cells)
    console.print(table)


@unit.command("list")
def list_units() -> None:
    """Unit, kategorinya, dan siapa yang bertugas hari ini / Units and who acts in them today."""
    settings = settings_or_exit()
    with refusals(settings):
        office = read_office(settings).office
    for part in office.units.units.values():
        matters = ", ".join(part.categories)
        console.print(
            f"{part.code}  {part.label.say(settings.language)}  [{matters}]  {part.head}", markup=False
        )
        for official in office.units.officials.values():
            if official.unit == part.code:
                console.print(f"  {_standing(office.units, official.username, settings)}", markup=False)


def _standing(units: Units, username: str, settings: Settings) -> str:
    """An official, and who acts for them today if they are away."""
    if not units.is_away(username, office_day(now())):
        return username
    acts = stand_in(units, username, now())
    away = Text(f"{username} (cuti, digantikan {acts})", f"{username} (on leave, {acts} acts)")
    return away.say(settings.language)


def _change(username: str, changes: dict[str, object]) -> None:
    with _accounts() as (accounts, tell):
        if not changes:
            raise NothingToChange
        _require_queue(changes.get("queue"))
        asyncio.run(accounts.change_user(username, **changes))
        tell(f"{username}: diubah.", f"{username}: changed.")


def _require_queue(queue: object) -> None:
    known = read_office(settings_or_exit()).office.queues
    if queue is not None and queue not in known:
        raise NoSuchQueue(str(queue), known)


@contextlib.contextmanager
def _accounts() -> Iterator[tuple[Accounts, Speaker]]:
    """The accounts of this installation; a refusal ends the command."""
    settings = settings_or_exit()
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        yield Accounts(ledger.journal, ledger.reader, now), Speaker(settings.language)
