"""An account: its tokens and its telephone numbers.

Both auth tokens open the REST API while there are two, and requests to us are signed with the primary one
until the secondary is promoted (twilio.com/docs/iam/api/authtoken, twilio.com/docs/api/errors/57012).
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

API_VERSION = "2010-04-01"


def sid(prefix: str, *of: object) -> str:
    """A string identifier as Twilio has them: two letters, 32 hexadecimal digits."""
    return prefix + hashlib.md5("/".join(map(str, of)).encode(), usedforsecurity=False).hexdigest()


@dataclass
class IncomingNumber:
    """A number of the account's, and where its calls are answered.

    An application or a trunk goes before its own addresses
    (twilio.com/docs/phone-numbers/api/incomingphonenumber-resource); the fake only keeps them.
    """

    phone_number: str
    created_at: datetime
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    friendly_name: str = ""
    voice_application_sid: str = ""
    trunk_sid: str = ""
    has_voice: bool = True
    updated_at: datetime | None = None

    @property
    def sid(self) -> str:
        """Its identifier."""
        return sid("PN", self.phone_number)


@dataclass
class Account:
    """An account, in which identifiers are given out one after the other."""

    created_at: datetime
    name: str = "Kantor contoh"
    status: str = "active"
    kind: str = "Full"
    primary_token: str = field(default_factory=lambda: hashlib.md5(b"primary").hexdigest())
    secondary_token: str | None = None
    numbers: list[IncomingNumber] = field(default_factory=list)
    _given_out: int = 0

    @property
    def sid(self) -> str:
        """Its identifier."""
        return sid("AC", self.name)

    def new_sid(self, prefix: str) -> str:
        """One that was never given out."""
        self._given_out += 1
        return sid(prefix, self.name, self._given_out)

    def knows(self, user: str, password: str) -> bool:
        """Whether the REST API is open to them."""
        return user == self.sid and password in {
            self.primary_token,
            self.secondary_token or self.primary_token,
        }

    def create_secondary_token(self) -> str:
        """The first half of a rotation."""
        self.secondary_token = hashlib.md5(f"{self.primary_token}+".encode()).hexdigest()
        return self.secondary_token

    def promote_secondary_token(self) -> None:
        """The second half: the old token is worth nothing from now on."""
        assert self.secondary_token
        self.primary_token, self.secondary_token = self.secondary_token, None

    def number(self, phone_number: str) -> IncomingNumber | None:
        """The account's number of that name, if it has it."""
        return next((each for each in self.numbers if each.phone_number == phone_number), None)
