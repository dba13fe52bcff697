"""A ticket's PIN: with the number it lets its citizen, and nobody else, hear how the case stands."""

from ticketing.people.privacy import Vault

PIN_DIGITS = 6


def pin_of(vault: Vault, ticket_id: str) -> str:
    """The PIN of a ticket. It is kept nowhere: it follows from the number and a key outside the database."""
    return f"{int(vault.blind('pin', ticket_id), 16) % 10**PIN_DIGITS:0{PIN_DIGITS}d}"
