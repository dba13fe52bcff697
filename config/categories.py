"""What citizens call about: the types of tickets, what each needs, and the categories."""

from dataclasses import dataclass

from config.errors import Text
from config.yaml_files import Located, unknown

FIELDS = ("name", "nik", "phone", "district", "category", "story")
"""What a ticket may require before SOP step 6 is done."""


@dataclass(frozen=True, slots=True)
class TicketType:
    """A kind of ticket: the fields it needs, and the class of `follow_up.yaml` whose clock it runs under."""

    code: str
    label: Text
    required: tuple[str, ...]
    follow_up: str


@dataclass(frozen=True, slots=True)
class Category:
    """One matter citizens call about; a restricted one is for few eyes only."""

    code: str
    label: Text
    parent: str | None
    restricted: bool
    key: str | None
    follow_up: str | None


def read_matters(top: Located) -> tuple[dict[str, TicketType], dict[str, Category]]:
    """The types and categories of `categories.yaml`."""
    fields = top.fields(("types", "categories"))
    types = {code: _read_type(code, item) for code, item in fields["types"].pairs()}
    if not types:
        fields["types"].refuse("Paling sedikit satu jenis tiket.", "At least one type of ticket is needed.")
    return types, _read_categories(fields["categories"])


def _read_type(code: str, item: Located) -> TicketType:
    fields = item.fields(("id", "en", "required", "follow_up"))
    required = tuple(field.choice(FIELDS) for field in fields["required"].items())
    if "category" not in required:
        fields["required"].refuse(
            "Tanpa kategori tidak ada unit yang menangani. Tambahkan 'category' pada required.",
            "Without a category no unit takes the case. Add 'category' to required.",
        )
    label = Text(fields["id"].text(), fields["en"].text())
    return TicketType(code, label, required, fields["follow_up"].text())


def _read_categories(top: Located) -> dict[str, Category]:
    found: dict[str, Category] = {}
    for code, item in top.pairs():
        found[code] = _read_category(code, item, found)
    return found


def _read_category(code: str, item: Located, above: dict[str, Category]) -> Category:
    fields = item.fields(("id", "en"), ("parent", "restricted", "key", "follow_up"))
    parent = fields["parent"].text() if "parent" in fields else None
    if parent is not None and parent not in above:
        fields["parent"].refuse(
            f"Induk '{parent}' belum ada di atas baris ini. Tulis induknya lebih dahulu.",
            f"The parent '{parent}' does not stand above this line. Write the parent first.",
        )
    key = fields["key"].choice(tuple("123456789")) if "key" in fields else None
    if key and any(other.key == key for other in above.values()):
        fields["key"].refuse(
            f"Tombol {key} sudah dipakai topik lain. Pakai tombol lain dari 1 sampai 9.",
            f"The key {key} is taken already. Use another one from 1 to 9.",
        )
    restricted = "restricted" in fields and fields["restricted"].choice(("true", "false")) == "true"
    follow_up = fields["follow_up"].text() if "follow_up" in fields else None
    label = Text(fields["id"].text(), fields["en"].text())
    return Category(code, label, parent, restricted, key, follow_up)


def read_districts(top: Located) -> dict[str, str]:
    """The districts by their two-digit code."""
    found: dict[str, str] = {}
    for code, item in top.pairs():
        if len(code) != 2 or not code.isdigit():
            item.refuse(
                f"'{code}' bukan kode kecamatan. Tulis dua angka dalam tanda kutip, misalnya \"07\".",
                f"'{code}' is no district's code. Write two digits in quotes, such as \"07\".",
            )
        found[code] = item.text()
    return found


def require_known(name: str, known: tuple[str, ...], where: Located) -> str:
    """The name, if it is one of those known."""
    if name not in known:
        where.refuse(*unknown(name, known))
    return name
