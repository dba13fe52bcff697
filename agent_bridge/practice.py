"""Practising: made-up people, and one-time links to sit down at their pages."""

from collections.abc import Sequence

from agent_bridge.accounts import Accounts
from agent_bridge.house import open_ledger, read_office
from config.clock import now
from config.settings import Settings
from ticketing.people.roles import Role

AGENTS = (("dewi", "Dewi"), ("rini", "Rini"))
DISPATCHERS = (("rudi", "Rudi"),)
SUPERVISORS = (("sari", "Sari"),)
OFFICIALS = (("pejabat.dafduk.1", "Anwar"),)
"""Whom `units.yaml` names: the practice cases of KTP and KK go to this one."""


async def sign_in_links(
    settings: Settings, people: Sequence[tuple[str, str]] = AGENTS, role: Role = Role.AGENT
) -> dict[str, str]:
    """A fresh one-time sign-in token for each person, by name; who is new is added in that role."""
    ledger = open_ledger(settings, read_office(settings))
    try:
        accounts = Accounts(ledger.journal, ledger.reader, now)
        links = {}
        for username, name in people:
            user = accounts.user_named(username)
            user_id = user.user_id if user else await accounts.add_user(username, name, role)
            links[name] = await accounts.link(user_id)
        return links
    finally:
        ledger.close()


async def all_sign_in_links(settings: Settings) -> list[tuple[Role, str, str]]:
    """Everybody who practises: role, name, and a fresh one-time token."""
    teams = (
        (Role.AGENT, AGENTS), (Role.DISPATCHER, DISPATCHERS), (Role.OFFICIAL, OFFICIALS),
        (Role.SUPERVISOR, SUPERVISORS),
    )  # fmt: skip
    links = []
    for role, people in teams:
        tokens = await sign_in_links(settings, people, role)
        links += [(role, name, token) for name, token in tokens.items()]
    return links
