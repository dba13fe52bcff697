"""The office's calendar: when it is open, and when it opens next. All days are Asia/Jakarta days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from config.clock import OFFICE_ZONE
from config.errors import Text
from config.follow_up import Span
from config.office import ROUND_THE_CLOCK, Hours
from config.yaml_files import fingerprint

ALARM_DAYS = 60
"""The joint decree on next year's days off comes about two months before the year does."""


def alarms(hours: Hours, today: date) -> list[Text]:
    """What is wrong with the tables of days off: without one, work is promised on every weekday."""
    years = {today.year, (today + timedelta(days=ALARM_DAYS)).year}
    return [
        Text(
            f"hours.yaml: hari libur dan cuti bersama tahun {year} belum diisi; janji telepon kembali dapat "
            f'jatuh pada hari libur. Isi "{year}": di bawah days_off.',
            f"hours.yaml: the days off of {year} are not filled in; call-backs may be promised on a holiday. "
            f'Fill in "{year}": below days_off.',
        )
        for year in sorted(years)
        if hours.week and not hours.days_off.get(year) and hours is not ROUND_THE_CLOCK
    ]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working time as `hours.yaml` has it."""

    hours: Hours

    def is_open(self, at: datetime) -> bool:
        """Whether the hotline answers at that instant."""
        opening = self._opening_of(at.astimezone(OFFICE_ZONE).date())
        return opening is not None and opening[0] <= at < opening[1]

    def closes(self, at: datetime) -> datetime | None:
        """When the office closes next, if it is open at that instant; None where it opens again at once."""
        opening = self._opening_of(at.astimezone(OFFICE_ZONE).date())
        if opening is None or not opening[0] <= at < opening[1]:
            return None
        return None if self.is_open(opening[1] + timedelta(seconds=1)) else opening[1]

    def next_opening(self, after: datetime) -> datetime:
        """The next instant the hotline opens."""
        day = after.astimezone(OFFICE_ZONE).date()
        opening = self._opening_of(day)
        if opening is None or opening[0] <= after:
            opening = self._opening_of(self.working_day_after(day, 1))
        assert opening is not None
        return opening[0]

    def next_day_at(self, after: datetime, clock: time) -> datetime:
        """That time of day on the next day the hotline opens, but not past its hours on that day."""
        day = self.next_opening(after).astimezone(OFFICE_ZONE).date()
        opening = self._opening_of(day)
        assert opening is not None
        return min(max(_instant(day, clock), opening[0]), opening[1])

    def call_back_due(self, left_at: datetime) -> datetime:
        """When a caller who left without being served must have been called: the same working day."""
        opening = self._opening_of(left_at.astimezone(OFFICE_ZONE).date())
        if opening and left_at < opening[1]:
            return opening[1]
        return self.next_opening(left_at)

    def after(self, at: datetime, span: Span) -> datetime:
        """`span` after `at`; working days keep the time of day and skip what the office is closed on."""
        if not span.working_days:
            return at + timedelta(seconds=span.seconds)
        local = at.astimezone(OFFICE_ZONE)
        day = self.working_day_after(local.date(), span.working_days)
        return datetime.combine(day, local.time(), OFFICE_ZONE).astimezone(UTC)

    def before(self, at: datetime, span: Span) -> datetime:
        """`span` before `at`, counted in the same way."""
        if not span.working_days:
            return at - timedelta(seconds=span.seconds)
        local = at.astimezone(OFFICE_ZONE)
        day, left = local.date(), span.working_days
        while left:
            day -= timedelta(days=1)
            left -= self.is_working_day(day)
        return datetime.combine(day, local.time(), OFFICE_ZONE).astimezone(UTC)

    def working_day_after(self, day: date, count: int) -> date:
        """The `count`-th working day after that day."""
        assert self.hours.week, "hours.yaml is refused without an open day"
        left = count
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return day

    @property
    def version(self) -> str:
        """Which calendar a due time was counted by: it changes with the week and the days off."""
        return _version(self.hours)

    def has_table(self, year: int) -> bool:
        """Whether the year's days off are known; without them no working day can be promised."""
        return year in self.hours.days_off

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on that day."""
        days_off = self.hours.days_off.get(day.year, ())
        return day.weekday() in self.hours.week and all(off.day != day for off in days_off)

    @staticmethod
    def day_began(at: datetime) -> datetime:
        """The first instant of the office's day."""
        return at.astimezone(OFFICE_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)

    def _opening_of(self, day: date) -> tuple[datetime, datetime] | None:
        if not self.is_working_day(day):
            return None
        opens, closes = self.hours.week[day.weekday()]
        return (_instant(day, opens), _instant(day, closes))


_VERSIONS: dict[int, tuple[Hours, str]] = {}


def _version(hours: Hours) -> str:
    """Counted once for each table; the tables in use are few and live long."""
    known = _VERSIONS.get(id(hours))
    if known is None or known[0] is not hours:
        years = "+".join(map(str, sorted(hours.days_off))) or "-"
        known = _VERSIONS[id(hours)] = (hours, f"{years}@{fingerprint(repr(hours))}")
    return known[1]


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, OFFICE_ZONE).astimezone(UTC)
