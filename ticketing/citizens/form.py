"""What a citizen writes into the web form, or an agent onto a slip, and what is wrong or doubtful in it."""

from dataclasses import dataclass

from config.errors import NotFound, Refused
from config.office import Office
from ticketing.case_facts import Contact
from ticketing.desk.entries import missing_fields
from ticketing.people import nik, phone_number
from ticketing.people.field_warning import FieldWarning


class NoTelephone(Refused):
    """The office must be able to reach the citizen."""

    def __init__(self) -> None:
        super().__init__(
            "Nomor telepon tidak terbaca. Tulis seperti 0812 3456 7890 atau 031 9925 4200.",
            "The telephone number cannot be read. Write it like 0812 3456 7890 or 031 9925 4200.",
        )


class TextNeedsMobile(Refused):
    """A landline takes no text messages."""

    def __init__(self) -> None:
        super().__init__(
            "Telepon rumah tidak menerima pesan. Tulis nomor ponsel, atau pilih ditelepon.",
            "A landline takes no messages. Write a mobile number, or choose to be called.",
        )


class NothingTold(Refused):
    """A matter is said to be settled, but not by what."""

    def __init__(self) -> None:
        super().__init__(
            "Tuliskan jawaban yang sudah disampaikan kepada warga, atau jangan tandai selesai.",
            "Write down the answer that the citizen was given, or do not mark it as settled.",
        )


@dataclass(frozen=True, slots=True)
class Form:
    """What is filled in; the number is in any form people write."""

    name: str
    phone: str | None
    ticket_type: str
    category: str
    story: str
    district: str | None = None
    contact: Contact = Contact.CALL
    nik: str | None = None
    solution: str | None = None
    closed: bool = False
    """The citizen was told that solution, and wants nothing more."""

    @property
    def number(self) -> str | None:
        """The telephone number in E.164; None where none was written down. Raises NoTelephone."""
        if not (self.phone or "").strip():
            return None
        number = phone_number.normalise(self.phone)
        if number is None:
            raise NoTelephone
        return number

    @property
    def nik_warnings(self) -> tuple[FieldWarning, ...]:
        """What is doubtful about the NIK: then it is kept apart, for an agent to ask about."""
        return nik.warnings(self.nik) if self.nik else ()

    def missing(self, office: Office) -> tuple[str, ...]:
        """What the type requires and nobody filled in."""
        given = {"nik": self.nik and not self.nik_warnings, "district": self.district, "phone": self.phone}
        filled = {name for name, value in given.items() if value} | {"name", "category", "story"}
        return missing_fields(office.types[self.ticket_type], frozenset(filled))

    def check(self, office: Office) -> None:
        """Raises what is wrong with the form."""
        number = self.number
        if self.contact is Contact.TEXT and not (number and phone_number.is_mobile(number)):
            raise TextNeedsMobile
        if self.closed and not self.solution:
            raise NothingTold
        if self.ticket_type not in office.types or self.category not in office.categories:
            raise NotFound("Jenis atau perihal itu tidak ada.", "There is no such type or category.")
        if self.district is not None and self.district not in office.districts:
            raise NotFound("Kecamatan itu tidak ada.", "There is no such district.")
