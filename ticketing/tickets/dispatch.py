"""SOP step 10: to whom the dispatcher is advised to forward a case, and to whom it can be forwarded. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from config.clock import office_day
from config.errors import Conflict, Text
from config.office import Office
from config.units import Official, Unit, Units
from ticketing.case_facts import Urgency

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NEVER = datetime.max.replace(tzinfo=UTC)


class NoUnitForMatter(Conflict):
    """The case has no category, or one that the office no longer has."""

    def __init__(self) -> None:
        super().__init__(
            "Kategori belum diisi atau tidak ada lagi. Pilih kategori dahulu.",
            "There is no category, or it exists no more. Choose one first.",
        )


class UnknownUnit(Conflict):
    """There is no such unit."""

    def __init__(self, unit: str) -> None:
        super().__init__(
            f"Unit '{unit}' tidak ada. Pilih unit dari daftar.",
            f"There is no unit '{unit}'. Choose one from the list.",
        )


class UnknownOfficial(Conflict):
    """There is no such official."""

    def __init__(self, official: str) -> None:
        super().__init__(
            f"Pejabat '{official}' tidak ada. Pilih pejabat dari daftar.",
            f"There is no official '{official}'. Choose one from the list.",
        )


class NotOfThisUnit(Conflict):
    """The official answers for another unit."""

    def __init__(self, official: str, unit: Unit) -> None:
        super().__init__(
            f"{official} bukan pejabat {unit.label.id}. Pilih pejabat unit itu, atau unit lain.",
            f"{official} is no official of {unit.label.en}. Choose one of theirs, or another unit.",
        )


class NotTheirMatter(Conflict):
    """A restricted matter goes to the unit that has it, and to nobody else."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(
            f"Hal yang dirahasiakan ini hanya untuk {unit.label.id}. Teruskan ke unit itu.",
            f"This restricted matter is for {unit.label.en} only. Forward it to that unit.",
        )


class NobodyIsThere(Conflict):
    """Official, deputies and heads are all on leave."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(
            f"Semua pejabat {unit.label.id} dan wakilnya sedang cuti. Hubungi supervisor, atau perbaiki "
            "daftar cuti di units.yaml.",
            f"All officials of {unit.label.en} and their deputies are on leave. Ask a supervisor, or mend "
            "the list of leave in units.yaml.",
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives the case; `acting_for` is the official on leave whose deputy they are."""

    official: str
    acting_for: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The advice to the dispatcher, who may do otherwise for a reason; `why` says what it rests on."""

    unit: str
    official: str
    acting_for: str | None
    why: Text


def suggest(office: Office, category: str | None, district: str | None, at: datetime) -> Suggestion:
    """Unit by category, official by duty and district; somebody on leave is never suggested."""
    unit = office.units.unit_for(category, office.categories)
    if unit is None or category not in office.categories:
        raise NoUnitForMatter
    day = office_day(at)
    first = _first_choice(office.units, unit, district, day)
    wanted = first.username if first else unit.head
    recipient = _present(office.units, unit, wanted, day)
    why = [_of_matter(office, category, unit), *_of_choice(office, first, district, day)]
    if recipient.acting_for:
        why.append(
            Text(
                f"{recipient.acting_for} sedang cuti, digantikan {recipient.official}",
                f"{recipient.acting_for} is on leave, {recipient.official} stands in",
            )
        )
    because = Text("; ".join(one.id for one in why) + ".", "; ".join(one.en for one in why) + ".")
    return Suggestion(unit.code, recipient.official, recipient.acting_for, because)


def check_recipient(
    office: Office, unit: str, official: str, at: datetime, category: str | None = None
) -> Recipient:
    """Who receives a case forwarded so: the official, or who acts for them; refuses whoever cannot."""
    units, day = office.units, office_day(at)
    if unit not in units.units:
        raise UnknownUnit(unit)
    if office.is_restricted(category):
        own = units.unit_for(category, office.categories)
        if own and own.code != unit:
            raise NotTheirMatter(own)
    if official not in units.people:
        raise UnknownOfficial(official)
    if official not in _may_act(units, units.units[unit], day):
        raise NotOfThisUnit(official, units.units[unit])
    return _present(units, units.units[unit], official, day)


def _first_choice(units: Units, unit: Unit, district: str | None, day: date) -> Official | None:
    """Who is on duty goes first, then who has the district, then the order of the file; on leave or not."""
    own = [one for one in units.officials.values() if one.unit == unit.code]
    return min(own, key=lambda one: (not _on_duty(one, day), not _has_district(one, district)), default=None)


def _on_duty(official: Official, day: date) -> bool:
    return not official.duty or day.weekday() in official.duty


def _has_district(official: Official, district: str | None) -> bool:
    return not official.districts or district in official.districts


def _present(units: Units, unit: Unit, wanted: str, day: date) -> Recipient:
    """The official, or the first who acts for them and is there."""
    line = dict.fromkeys((*units.succession(wanted), unit.head, units.department_head))
    there = next((one for one in line if units.is_there(one, day)), None)
    if there is None:
        raise NobodyIsThere(unit)
    return Recipient(there, None if there == wanted else wanted)


def _may_act(units: Units, unit: Unit, day: date) -> set[str]:
    """The unit's officials and heads, and whoever acts that day for one who is on leave."""
    own = [one.username for one in units.officials.values() if one.unit == unit.code]
    away = [one for one in own if units.is_away(one, day)]
    return {*own, unit.head, units.department_head, *(d for one in away for d in units.succession(one))}


def _of_matter(office: Office, category: str, unit: Unit) -> Text:
    label = office.categories[category].label
    return Text(
        f"{category} {label.id} ditangani {unit.label.id}",
        f"{category} {label.en} is handled by {unit.label.en}",
    )


def _of_choice(office: Office, official: Official | None, district: str | None, day: date) -> list[Text]:
    if official is None:
        return [Text("unit ini tanpa pejabat, jadi kepalanya", "the unit has no officials, hence its head")]
    why = []
    if day.weekday() in official.duty:
        n = day.weekday()
        why.append(
            Text(
                f"{official.username} piket hari {_DAYS[n]}",
                f"{official.username} is on duty on {_DAYS_EN[n]}",
            )
        )
    if district in official.districts:
        name = office.districts.get(district, district)
        why.append(
            Text(
                f"{official.username} memegang kecamatan {name}",
                f"{official.username} has the district {name}",
            )
        )
    return why


class WaitingCase(Protocol):
    """A row of the dispatcher's list."""

    @property
    def ticket_id(self) -> str:
        """The number, digits only."""

    @property
    def next_due_at(self) -> datetime | None:
        """When the owner's next step falls due."""

    @property
    def urgency(self) -> str | None:
        """How pressing the agent found it."""


AnyCase = TypeVar("AnyCase", bound=WaitingCase)


def by_time_left(row: WaitingCase) -> tuple[datetime, bool, str, int, str]:
    """The key of the dispatcher's list: least time left, then urgency, then the number, oldest first."""
    # A serial beyond 9,999 has more digits, and counts as later than those with fewer.
    day, number = row.ticket_id[:6], row.ticket_id
    return (row.next_due_at or _NEVER, row.urgency != Urgency.HIGH, day, len(number), number)


def time_left_order(rows: Iterable[AnyCase]) -> list[AnyCase]:
    """The dispatcher's list, the most overdue first."""
    return sorted(rows, key=by_time_left)
