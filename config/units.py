"""Units and officials as the office set them up: who takes what, who stands in for whom, who is away."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from config.categories import require_known
from config.errors import Text
from config.yaml_files import Located

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the office; `head` is a user name, `categories` include those below them."""

    code: str
    label: Text
    head: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Official:
    """An official by user name. No `districts` or `duty` means any; duty days count from Monday, 0."""

    username: str
    unit: str
    deputy: str
    districts: tuple[str, ...]
    duty: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Days on which an official is away, both ends included."""

    official: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Units:
    """Everybody a case can be forwarded to."""

    department_head: str
    units: dict[str, Unit]
    officials: dict[str, Official]
    leave: tuple[Leave, ...]

    def is_away(self, username: str, day: date) -> bool:
        """Whether the official is on leave on that day."""
        return any(
            leave.official == username and leave.first_day <= day <= leave.last_day for leave in self.leave
        )

    def unit_of(self, username: str) -> str | None:
        """The unit the user belongs to as official or head."""
        if official := self.officials.get(username):
            return official.unit
        return next((unit.code for unit in self.units.values() if unit.head == username), None)


def read_units(top: Located, categories: Collection[str] = (), districts: Collection[str] = ()) -> Units:
    """The units of `units.yaml`; refused where somebody has no deputy, or the deputy is nobody."""
    fields = top.fields(("department_head", "units", "officials", "leave"))
    head = fields["department_head"].text()
    units = {code: _read_unit(code, item, categories) for code, item in fields["units"].pairs()}
    officials = {
        name: _read_official(name, item, units, districts) for name, item in fields["officials"].pairs()
    }
    people = (head, *(unit.head for unit in units.values()), *officials)
    for name, item in fields["officials"].pairs():
        require_known(officials[name].deputy, people, item)
        if officials[name].deputy == name:
            item.refuse(
                f"{name} tidak dapat menjadi wakil dirinya sendiri.", f"{name} cannot be their own deputy."
            )
    leave = tuple(_read_leave(item, people) for item in fields["leave"].items())
    return Units(head, units, officials, leave)


def _read_unit(code: str, item: Located, categories: Collection[str]) -> Unit:
    fields = item.fields(("id", "en", "head", "categories"))
    codes = tuple(_known(one, categories) for one in fields["categories"].items())
    return Unit(code, Text(fields["id"].text(), fields["en"].text()), fields["head"].text(), codes)


def _read_official(name: str, item: Located, units: dict[str, Unit], districts: Collection[str]) -> Official:
    fields = item.fields(("unit", "deputy"), ("districts", "duty"))
    where = (
        tuple(_known(one, districts) for one in fields["districts"].items()) if "districts" in fields else ()
    )
    duty = (
        tuple(WEEKDAYS.index(one.choice(WEEKDAYS)) for one in fields["duty"].items())
        if "duty" in fields
        else ()
    )
    return Official(name, fields["unit"].choice(tuple(units)), fields["deputy"].text(), where, duty)


def _read_leave(item: Located, people: tuple[str, ...]) -> Leave:
    fields = item.fields(("official", "first_day", "last_day"))
    first, last = fields["first_day"].day(), fields["last_day"].day()
    if last < first:
        item.refuse(
            f"Cuti berakhir ({last}) sebelum dimulai ({first}). Tukar keduanya.",
            f"The leave ends ({last}) before it begins ({first}). Swap the two.",
        )
    return Leave(require_known(fields["official"].text(), people, fields["official"]), first, last)


def _known(item: Located, known: Collection[str]) -> str:
    return require_known(item.text(), tuple(known), item) if known else item.text()
