"""Sealing: personal data under a key of each person's own, found again only by a keyed blind index."""

import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.errors import Refused

KEY_BYTES = 32
NONCE_BYTES = 12


class Unreadable(Refused):
    """A sealed value cannot be opened: its key was destroyed, or it was tampered with."""

    def __init__(self) -> None:
        super().__init__(
            "Data pribadi ini sudah dihapus atau tidak dapat dibuka.",
            "This personal data was erased or cannot be opened.",
        )


@dataclass(frozen=True, slots=True)
class Vault:
    """The office's two keys; both live outside the database and its back-ups.

    `office_key` wraps each person's key; `index_key` makes the blind index. A bare hash of a phone
    number or NIK falls to a search of all of them in under a minute, a keyed one does not.
    """

    office_key: bytes
    index_key: bytes

    def __repr__(self) -> str:
        return "Vault(...)"

    def new_person_key(self, person_id: str) -> bytes:
        """A fresh key for one person, wrapped by the office's key; only this form is stored."""
        return _seal(self.office_key, os.urandom(KEY_BYTES), f"person|{person_id}")

    def seal(self, wrapped_key: bytes, person_id: str, field: str, value: str) -> bytes:
        """`value` under the person's key, bound to person and field."""
        key = _open(self.office_key, wrapped_key, f"person|{person_id}")
        return _seal(key, value.encode(), f"{person_id}|{field}")

    def open(self, wrapped_key: bytes, person_id: str, field: str, sealed: bytes) -> str:
        """The value sealed for this person and field; raises Unreadable."""
        key = _open(self.office_key, wrapped_key, f"person|{person_id}")
        return _open(key, sealed, f"{person_id}|{field}").decode()

    def seal_for_office(self, bound_to: str, value: bytes) -> bytes:
        """What belongs to no known person yet, under the office's key, for a short time."""
        return _seal(self.office_key, value, bound_to)

    def open_for_office(self, bound_to: str, sealed: bytes) -> bytes:
        """What was sealed so; raises Unreadable."""
        return _open(self.office_key, sealed, bound_to)

    def blind(self, field: str, value: str) -> str:
        """The blind index of a normalised value: equal values meet, nothing can be read back."""
        return hmac.new(self.index_key, f"{field}|{value}".encode(), hashlib.sha256).hexdigest()


def _seal(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _open(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except InvalidTag:
        raise Unreadable from None
