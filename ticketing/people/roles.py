"""Who works here: the roles of the SOP, and of those who watch and set it up."""

from enum import StrEnum


class Role(StrEnum):
    """What a user is to the hotline (roles of the SOP, and those who watch and set it up)."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    OFFICIAL = "official"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    ADMIN = "admin"
