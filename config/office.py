"""Everything the office set up, read from its YAML files into frozen models; the last good one goes on."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path

from config.errors import Text
from config.sop import FactPattern, Sop, SopStep, read_sop
from config.yaml_files import Located, read

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
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_AT_A_TIME = ("rrmemory", "leastrecent", "fewestcalls", "random", "linear", "wrandom")
ACTIONS = ("register", "check_ticket", "continue_ticket", "person")
MENUS = ("daftar", "punya-tiket", "cek-tiket")
KEYS = tuple("0123456789")


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
    """One queue. `service_level_seconds` is the SOP's promise of step 3, `wrap_up_seconds` its step 14."""

    name: str
    label: Text
    strategy: str
    ring_seconds: int
    wrap_up_seconds: int
    max_wait_seconds: int
    announce_seconds: int
    service_level_seconds: int


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
class Category:
    """One matter citizens call about; a restricted one is for few eyes only."""

    code: str
    label: Text
    parent: str | None
    restricted: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class Office:
    """The whole configuration, consistent in itself."""

    sop: Sop
    menus: dict[str, Menu]
    queues: dict[str, Queue]
    not_ready_reasons: dict[str, Text]
    hours: Hours
    categories: dict[str, Category]
    folder: Path = field(default=OFFICE_FOLDER, compare=False)

    @property
    def default_queue(self) -> Queue:
        """The queue callers enter unless a menu says otherwise: the first of `queues.yaml`."""
        return next(iter(self.queues.values()))

    def wrap_up_seconds(self, queue: str) -> int:
        """The wrap-up time of a queue; of the default one where it was renamed meanwhile."""
        return self.queues.get(queue, self.default_queue).wrap_up_seconds

    def category_of_key(self, key: str) -> Category | None:
        """The category a caller names by `key` while waiting."""
        return next((category for category in self.categories.values() if category.key == key), None)


def load(
    folder: Path = OFFICE_FOLDER, *, prompts: Collection[str] = (), facts: Collection[str] = ()
) -> Office:
    """Read the office's files; raises ConfigurationFault. `prompts` and `facts` are the names that exist."""
    queues, reasons = _read_queues(read(folder / "queues.yaml"))
    return Office(
        sop=read_sop(read(folder / "sop.yaml"), frozenset(facts)),
        menus=_read_menus(read(folder / "menus.yaml"), frozenset(prompts)),
        queues=queues,
        not_ready_reasons=reasons,
        hours=_read_hours(read(folder / "hours.yaml")),
        categories=_read_categories(read(folder / "categories.yaml")),
        folder=folder,
    )


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
            item.refuse(
                f"Menu '{name}' tidak dikenal. Yang ada: {', '.join(MENUS)}.",
                f"The menu '{name}' is not known. There are: {', '.join(MENUS)}.",
            )
        menus[name] = _read_menu(name, item, prompts)
    for name in MENUS:
        if name not in menus:
            top.refuse(f"Menu '{name}' tidak ada.", f"The menu '{name}' is missing.")
    return menus


def _read_menu(name: str, item: Located, prompts: frozenset[str]) -> Menu:
    fields = item.fields(("prompts", "window_seconds", "tries"), ("keys",))
    spoken = []
    for prompt in fields["prompts"].items():
        if prompts and prompt.text() not in prompts and prompt.text() != "{ticket}":
            prompt.refuse(
                f"Suara '{prompt.text()}' tidak ada di prompts.id.yaml.",
                f"There is no prompt '{prompt.text()}' in prompts.id.yaml.",
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
    if "0" in keys and keys["0"] != "person":
        item.refuse("Tombol 0 harus menuju petugas.", "The key 0 must lead to a person.")
    return Menu(
        name, tuple(spoken), keys, fields["window_seconds"].number(least=1), fields["tries"].number(least=1)
    )


def _read_queues(top: Located) -> tuple[dict[str, Queue], dict[str, Text]]:
    fields = top.fields(("queues", "not_ready_reasons"))
    queues = {name: _read_queue(name, item) for name, item in fields["queues"].pairs()}
    if not queues:
        fields["queues"].refuse("Paling sedikit satu antrean.", "At least one queue is needed.")
    return queues, {code: item.label() for code, item in fields["not_ready_reasons"].pairs()}


def _read_queue(name: str, item: Located) -> Queue:
    seconds = (
        "ring_seconds",
        "wrap_up_seconds",
        "max_wait_seconds",
        "announce_seconds",
        "service_level_seconds",
    )
    fields = item.fields(("label", "strategy", *seconds))
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
        **{second: fields[second].number(least=1) for second in seconds},
    )


def _read_hours(top: Located) -> Hours:
    fields = top.fields(("week", "days_off"))
    week = {}
    for name, item in fields["week"].pairs():
        if name not in WEEKDAYS:
            item.refuse(
                f"Hari '{name}' tidak dikenal. Yang ada: {', '.join(WEEKDAYS)}.",
                f"The day '{name}' is not known. There are: {', '.join(WEEKDAYS)}.",
            )
        times = item.fields(("opens", "closes"))
        opens, closes = times["opens"].clock(), times["closes"].clock()
        if opens >= closes:
            item.refuse(
                f"Jam terbalik: buka {opens:%H.%M} tidak sebelum tutup {closes:%H.%M}.",
                f"The hours are reversed: opening {opens:%H.%M} is not before closing {closes:%H.%M}.",
            )
        week[WEEKDAYS.index(name)] = (opens, closes)
    if not week:
        fields["week"].refuse("Paling sedikit satu hari buka.", "At least one day must be open.")
    return Hours(week, {int(year): _read_days_off(year, item) for year, item in fields["days_off"].pairs()})


def _read_days_off(year: str, item: Located) -> tuple[DayOff, ...]:
    days = []
    for entry in item.items():
        fields = entry.fields(("day", "name", "kind"))
        day = fields["day"].day()
        if str(day.year) != year:
            fields["day"].refuse(f"{day} bukan tanggal tahun {year}.", f"{day} is not in the year {year}.")
        days.append(
            DayOff(day, fields["name"].text(), fields["kind"].choice(("libur nasional", "cuti bersama")))
        )
    return tuple(days)


def _read_categories(top: Located) -> dict[str, Category]:
    found: dict[str, Category] = {}
    for code, item in top.pairs():
        fields = item.fields(("id", "en"), ("parent", "restricted", "key"))
        parent = fields["parent"].text() if "parent" in fields else None
        if parent is not None and parent not in found:
            fields["parent"].refuse(
                f"Induk '{parent}' belum ada di atas baris ini.",
                f"The parent '{parent}' does not stand above this line.",
            )
        key = fields["key"].choice(KEYS[1:]) if "key" in fields else None
        if key and any(other.key == key for other in found.values()):
            fields["key"].refuse(
                f"Tombol {key} sudah dipakai topik lain.", f"The key {key} is taken already."
            )
        restricted = "restricted" in fields and fields["restricted"].choice(("true", "false")) == "true"
        found[code] = Category(code, Text(fields["id"].text(), fields["en"].text()), parent, restricted, key)
    return found
