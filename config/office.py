"""Everything the office set up, read from its YAML files into frozen models; the last good one goes on."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path

from config.call_backs import CallBacks, read_call_backs
from config.categories import Category, TicketType, read_districts, read_matters
from config.errors import ConfigurationFault, Text
from config.faq import Faq, read_faq
from config.follow_up import FollowUp, FollowUpClass, read_follow_up
from config.messages import Messages, read_messages
from config.sop import FactPattern, Sop, SopStep
from config.sop_file import read_sop
from config.units import WEEKDAYS, Units, read_units
from config.yaml_files import Located, read, unknown

__all__ = [
    "Category",
    "DayOff",
    "FactPattern",
    "Hours",
    "Menu",
    "Office",
    "OfficeKeeper",
    "Queue",
    "Sop",
    "SopStep",
    "load",
]

OFFICE_FOLDER = Path(__file__).parent
ONE_AT_A_TIME = ("rrmemory", "leastrecent", "fewestcalls", "random", "linear", "wrandom")
ACTIONS = ("register", "check_ticket", "continue_ticket", "person", "call_back", "link_cause")
MENUS = (
    "daftar", "punya-tiket", "tutup", "cek-tiket", "pin", "setelah-status", "peristiwa", "telepon-kembali",
)  # fmt: skip
KEYS = tuple("0123456789")
AT_CLOSING = ("serve", "call_back")
YEAR = re.compile(r"20[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Menu:
    """One question of the IVR: what is said, what each key does, and what silence does."""

    name: str
    prompts: tuple[str, ...]
    keys: dict[str, str]
    window_seconds: int
    tries: int


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue. `service_level_seconds` is the SOP's promise of step 3, `wrap_up_seconds` its step 14.

    `at_closing` is what becomes of those who still wait when the office closes: `serve` or `call_back`.
    """

    name: str
    label: Text
    strategy: str
    ring_seconds: int
    wrap_up_seconds: int
    max_wait_seconds: int
    announce_seconds: int
    service_level_seconds: int
    at_closing: str


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day the office is closed: a public holiday or one of joint leave (cuti bersama)."""

    day: date
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When the hotline answers: hours by weekday (Monday is 0), and the days off by year."""

    week: dict[int, tuple[time, time]]
    days_off: dict[int, tuple[DayOff, ...]]


ROUND_THE_CLOCK = Hours({day: (time.min, time.max) for day in range(7)}, {})
"""Hours for practising: always open."""


@dataclass(frozen=True, slots=True)
class Office:
    """The whole configuration, consistent in itself."""

    sop: Sop
    menus: dict[str, Menu]
    queues: dict[str, Queue]
    not_ready_reasons: dict[str, Text]
    hours: Hours
    types: dict[str, TicketType]
    categories: dict[str, Category]
    districts: dict[str, str]
    units: Units
    follow_up: FollowUp
    faq: Faq
    call_backs: CallBacks
    messages: Messages
    folder: Path = field(default=OFFICE_FOLDER, compare=False)

    @property
    def default_queue(self) -> Queue:
        """The queue callers enter unless a menu says otherwise: the first of `queues.yaml`."""
        return next(iter(self.queues.values()))

    def wrap_up_seconds(self, queue: str) -> int:
        """The wrap-up time of a queue; of the default one where it was renamed meanwhile."""
        return self.queues.get(queue, self.default_queue).wrap_up_seconds

    def key_of(self, menu: str, action: str) -> str | None:
        """The key that does `action` in that menu."""
        return next((key for key, done in self.menus[menu].keys.items() if done == action), None)

    def category_of_key(self, key: str) -> Category | None:
        """The category a caller names by `key` while waiting."""
        return next((category for category in self.categories.values() if category.key == key), None)

    def follow_up_class(self, ticket_type: str | None, category: str | None) -> FollowUpClass:
        """The clock a case runs under: its category's own, its type's, else that of the first type."""
        matter = self.categories.get(category or "")
        kind = self.types.get(ticket_type or "", next(iter(self.types.values())))
        return self.follow_up.classes[(matter and matter.follow_up) or kind.follow_up]

    def is_restricted(self, category: str | None) -> bool:
        """Whether a matter is for few eyes only; what has no category yet is not."""
        return category in self.categories and self.categories[category].restricted


def load(
    folder: Path = OFFICE_FOLDER, *, prompts: Collection[str] = (), facts: Collection[str] = ()
) -> Office:
    """Read the office's files; raises ConfigurationFault. `prompts` and `facts` are the names that exist."""
    queues, reasons = _read_queues(read(folder / "queues.yaml"))
    follow_up = read_follow_up(read(folder / "follow_up.yaml"))
    matters = read(folder / "categories.yaml")
    types, categories = read_matters(matters)
    _require_classes(matters, follow_up)
    districts = read_districts(read(folder / "districts.yaml"))
    return Office(
        sop=read_sop(read(folder / "sop.yaml"), frozenset(facts)),
        menus=_read_menus(read(folder / "menus.yaml"), frozenset(prompts)),
        queues=queues,
        not_ready_reasons=reasons,
        hours=_read_hours(read(folder / "hours.yaml")),
        types=types,
        categories=categories,
        districts=districts,
        units=read_units(read(folder / "units.yaml"), categories, districts),
        follow_up=follow_up,
        faq=read_faq(read(folder / "faq.yaml"), categories),
        call_backs=read_call_backs(read(folder / "call_backs.yaml")),
        messages=read_messages(read(folder / "messages.id.yaml")),
        folder=folder,
    )


def faults(
    folder: Path, *, prompts: Collection[str] = (), facts: Collection[str] = ()
) -> list[ConfigurationFault]:
    """Every file's first fault: what is to be mended before the configuration can be taken."""
    readers: dict[str, Callable[[Located], object]] = {
        "queues.yaml": _read_queues,
        "sop.yaml": lambda top: read_sop(top, frozenset(facts)),
        "menus.yaml": lambda top: _read_menus(top, frozenset(prompts)),
        "hours.yaml": _read_hours,
        "categories.yaml": read_matters,
        "districts.yaml": read_districts,
        "units.yaml": read_units,
        "follow_up.yaml": read_follow_up,
        "faq.yaml": read_faq,
        "call_backs.yaml": read_call_backs,
        "messages.id.yaml": read_messages,
    }
    found = []
    for name, reader in readers.items():
        try:
            reader(read(folder / name))
        except ConfigurationFault as fault:
            found.append(fault)
    if not found:
        try:
            load(folder, prompts=prompts, facts=facts)
        except ConfigurationFault as fault:
            found.append(fault)
    return found


def _require_classes(matters: Located, follow_up: FollowUp) -> None:
    """Refuse a class of follow-up that `follow_up.yaml` does not have."""
    known = tuple(follow_up.classes)
    for _, part in matters.pairs():
        for _, item in part.pairs():
            named = dict(item.pairs()).get("follow_up")
            if named:
                named.choice(known)


class OfficeKeeper:
    """Holds the office's last good configuration; `hours` stand in for those of the files."""

    def __init__(
        self,
        folder: Path,
        *,
        prompts: Collection[str],
        facts: Collection[str],
        hours: Hours | None = None,
    ) -> None:
        self._folder = folder
        self._prompts = prompts
        self._facts = facts
        self._hours = hours
        self.office = self.reload()

    def reload(self) -> Office:
        """Take the files as they are now; raises ConfigurationFault, and the old configuration goes on."""
        office = load(self._folder, prompts=self._prompts, facts=self._facts)
        self.office = replace(office, hours=self._hours) if self._hours else office
        return self.office


def _read_menus(top: Located, prompts: frozenset[str]) -> dict[str, Menu]:
    menus = {}
    for name, item in top.pairs():
        if name not in MENUS:
            item.refuse(*unknown(name, MENUS))
        menus[name] = _read_menu(name, item, prompts)
    for name in MENUS:
        if name not in menus:
            top.refuse(
                f"Menu '{name}' tidak ada. Tambahkan '{name}:' dengan prompts, window_seconds dan tries.",
                f"The menu '{name}' is missing. Add '{name}:' with prompts, window_seconds and tries.",
            )
    return menus


def _read_menu(name: str, item: Located, prompts: frozenset[str]) -> Menu:
    fields = item.fields(("prompts", "window_seconds", "tries"), ("keys",))
    spoken = []
    for prompt in fields["prompts"].items():
        if prompts and prompt.text() not in prompts:
            near = "".join(f" Maksudnya '{one}'?" for one in get_close_matches(prompt.text(), prompts, 1))
            near_en = near.replace("Maksudnya", "Did you mean")
            prompt.refuse(
                f"Suara '{prompt.text()}' tidak ada di prompts.id.yaml.{near} Tambahkan di sana dahulu.",
                f"There is no prompt '{prompt.text()}' in prompts.id.yaml.{near_en} Add it there first.",
            )
        spoken.append(prompt.text())
    keys = {}
    for key, action in fields["keys"].pairs() if "keys" in fields else ():
        if key not in KEYS:
            action.refuse(
                f"Tombol '{key}' tidak dapat dipakai; pakai 0 sampai 9. '*' selalu mengulang.",
                f"The key '{key}' cannot be used; use 0 to 9. '*' always repeats.",
            )
        keys[key] = action.choice(ACTIONS)
    if keys and keys.get("0") != "person":
        item.refuse(
            'Tombol 0 harus menuju petugas. Tulis "0": person di keys.',
            'The key 0 must lead to a person. Write "0": person among the keys.',
        )
    return Menu(
        name, tuple(spoken), keys, fields["window_seconds"].number(least=1), fields["tries"].number(least=1)
    )


def _read_queues(top: Located) -> tuple[dict[str, Queue], dict[str, Text]]:
    fields = top.fields(("queues", "not_ready_reasons"))
    queues = {name: _read_queue(name, item) for name, item in fields["queues"].pairs()}
    if not queues:
        fields["queues"].refuse(
            "Paling sedikit satu antrean. Tambahkan satu, misalnya 'dukcapil:'.",
            "At least one queue is needed. Add one, such as 'dukcapil:'.",
        )
    return queues, {code: item.label() for code, item in fields["not_ready_reasons"].pairs()}


def _read_queue(name: str, item: Located) -> Queue:
    seconds = (
        "ring_seconds",
        "wrap_up_seconds",
        "max_wait_seconds",
        "announce_seconds",
        "service_level_seconds",
    )
    fields = item.fields(("label", "strategy", "at_closing", *seconds))
    strategy = fields["strategy"]
    if strategy.text() == "ringall":
        strategy.refuse(
            "'ringall' membunyikan semua telepon sekaligus, sehingga data penelepon tidak dapat "
            "ditampilkan kepada satu petugas. Pakai 'rrmemory'.",
            "'ringall' rings every phone at once, so there is no one agent to show the caller's "
            "context to. Use 'rrmemory'.",
        )
    return Queue(
        name=name,
        label=fields["label"].label(),
        strategy=strategy.choice(ONE_AT_A_TIME),
        at_closing=fields["at_closing"].choice(AT_CLOSING),
        **{second: fields[second].number(least=1) for second in seconds},
    )


def _read_hours(top: Located) -> Hours:
    fields = top.fields(("week", "days_off"))
    week = {}
    for name, item in fields["week"].pairs():
        if name not in WEEKDAYS:
            item.refuse(*unknown(name, WEEKDAYS))
        times = item.fields(("opens", "closes"))
        opens, closes = times["opens"].clock(), times["closes"].clock()
        if opens >= closes:
            item.refuse(
                f"Jam terbalik: buka {opens:%H.%M} tidak sebelum tutup {closes:%H.%M}. Tukar keduanya.",
                f"The hours are reversed: {opens:%H.%M} is not before {closes:%H.%M}. Swap the two.",
            )
        week[WEEKDAYS.index(name)] = (opens, closes)
    if not week:
        fields["week"].refuse("Paling sedikit satu hari buka.", "At least one day must be open.")
    years = dict(_read_year(year, item) for year, item in fields["days_off"].pairs())
    return Hours(week, years)


def _read_year(year: str, item: Located) -> tuple[int, tuple[DayOff, ...]]:
    if not YEAR.fullmatch(year):
        item.refuse(f"'{year}' bukan tahun. Tulis seperti \"2027\".", f"'{year}' is no year. Write \"2027\".")
    return int(year), _read_days_off(year, item)


def _read_days_off(year: str, item: Located) -> tuple[DayOff, ...]:
    days: list[DayOff] = []
    for entry in item.items():
        fields = entry.fields(("day", "name", "kind"))
        day = fields["day"].day()
        if str(day.year) != year:
            fields["day"].refuse(
                f'{day} bukan tanggal tahun {year}. Pindahkan ke bawah "{day.year}".',
                f'{day} is not in the year {year}. Move it below "{day.year}".',
            )
        if any(other.day == day for other in days):
            fields["day"].refuse(
                f"{day} tertulis dua kali. Hapus salah satunya.",
                f"{day} stands here twice. Remove one of them.",
            )
        days.append(
            DayOff(day, fields["name"].text(), fields["kind"].choice(("libur nasional", "cuti bersama")))
        )
    return tuple(days)
