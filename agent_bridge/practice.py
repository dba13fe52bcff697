"""Practising: made-up agents, and one-time links to sit down at their desks."""

from collections.abc import Sequence

from agent_bridge.accounts import Accounts
from agent_bridge.house import open_ledger, read_office
from config.clock import now
from config.settings import Settings
from ticketing.people.roles import Role

AGENTS = (("dewi", "Dewi"), ("rini", "Rini"))


async def sign_in_links(settings: Settings, agents: Sequence[tuple[str, str]] = AGENTS) -> dict[str, str]:
    """A fresh one-time sign-in token for each agent, by name; agents who are new are added."""
    ledger = open_ledger(settings, read_office(settings))
    try:
        accounts = Accounts(ledger.journal, ledger.reader, now)
        links = {}
        for username, name in agents:
            user = accounts.user_named(username)
            user_id = user.user_id if user else await accounts.add_user(username, name, Role.AGENT)
            links[name] = await accounts.link(user_id)
        return links
    finally:
        ledger.close()
