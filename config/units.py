"""Units and officials as the office set them up: who takes what, who stands in for whom, who is away."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from config.categories import Category, require_known
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

    @property
    def people(self) -> tuple[str, ...]:
        """All heads and officials, each once."""
        heads = (unit.head for unit in self.units.values())
        return tuple(dict.fromkeys((self.department_head, *heads, *self.officials)))

    def is_there(self, username: str, day: date) -> bool:
        """Whether that is one of the office's people, and not on leave on that day."""
        return username in self.people and not self.is_away(username, day)

    def succession(self, username: str) -> tuple[str, ...]:
        """Who acts for an official, in order: they, their deputies, these units' heads, the department's."""
        chain = [username]
        while (official := self.officials.get(chain[-1])) and official.deputy not in chain:
            chain.append(official.deputy)
        heads = (self.units[self.officials[one].unit].head for one in chain if one in self.officials)
        return tuple(dict.fromkeys((*chain, *heads, self.department_head)))

    def unit_for(self, category: str | None, categories: Mapping[str, Category]) -> Unit | None:
        """The unit that takes a category: its own, else that of its parent; None for what is not known."""
        while category is not None:
            for unit in self.units.values():
                if category in unit.categories:
                    return unit
            matter = categories.get(category)
            category = matter.parent if matter else None
        return None

    def unit_of(self, username: str) -> str | None:
        """The unit the user belongs to as official or head."""
        if official := self.officials.get(username):
            return official.unit
        return next((unit.code for unit in self.units.values() if unit.head == username), None)


def read_units(
    top: Located, categories: Mapping[str, Category] | None = None, districts: Collection[str] = ()
) -> Units:
    """The units of `units.yaml`; refused where a deputy is nobody, or a category nobody's."""
    categories = categories or {}
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
    found = Units(head, units, officials, leave)
    _require_a_unit(found, fields["units"], categories)
    for name, item in fields["officials"].pairs():
        _require_own_deputy(found, officials[name], name, item, categories)
    return found


def _require_a_unit(units: Units, top: Located, categories: Mapping[str, Category]) -> None:
    """Refuse a category that no unit takes, or that two do: its cases would have nowhere, or no one place."""
    taken: dict[str, str] = {}
    for code, item in top.pairs():
        for one in item.fields(("categories",), ("id", "en", "head"))["categories"].items():
            if other := taken.get(one.text()):
                one.refuse(
                    f"Kategori {one.text()} sudah ada pada unit '{other}'. Hapus salah satunya.",
                    f"The unit '{other}' has the category {one.text()} already. Remove one of the two.",
                )
            taken[one.text()] = code
    for code, category in categories.items():
        if units.unit_for(code, categories) is None:
            top.refuse(
                f'Kategori {code} ({category.label.id}) belum ada unitnya. Tulis "{code}" pada categories '
                "salah satu unit.",
                f'No unit takes the category {code} ({category.label.en}). Write "{code}" among the '
                "categories of a unit.",
            )


def _require_own_deputy(
    units: Units, official: Official, name: str, item: Located, categories: Mapping[str, Category]
) -> None:
    """Refuse a deputy from elsewhere in a unit with restricted matters: these must not leave it."""
    restricted = (code for code, one in categories.items() if one.restricted)
    holders = {unit.code for code in restricted if (unit := units.unit_for(code, categories))}
    own = (units.units[official.unit].head, units.department_head)
    inside = official.deputy in own or units.unit_of(official.deputy) == official.unit
    if official.unit in holders and not inside:
        item.refuse(
            f"Unit '{official.unit}' menangani hal yang dirahasiakan; wakil {name} harus dari unit itu. "
            f"Ganti '{official.deputy}', misalnya dengan {own[0]}.",
            f"The unit '{official.unit}' has restricted matters; the deputy of {name} must be of that unit. "
            f"Replace '{official.deputy}', by {own[0]} for instance.",
        )


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
