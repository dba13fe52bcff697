"""What our users may do at the PBX, tried for real: a configuration file may say something else."""

from config.errors import Refused
from ivr.providers.asterisk.asking import DENIED, asking
from ivr.providers.asterisk.event_reader import Manager

TRIED = {
    "Command": {"Command": "core show version"},
    # Neither the extension nor the context exists: where it is allowed, no phone rings.
    "Originate": {"Channel": "Local/tidak-ada@hotline-tidak-ada", "Application": "Hangup", "Async": "true"},
}


class TooWideRights(Refused):
    """Whoever learns the reader's secret could run commands on the PBX or call at the office's cost."""

    def __init__(self, user: str, allowed: list[str]) -> None:
        actions = ", ".join(allowed)
        super().__init__(
            f"Hotline tidak dijalankan: pengguna AMI {user} boleh {actions}. Di manager.conf beri ia "
            "write = reporting saja, lalu muat ulang; atau HOTLINE_ALLOW_WIDE_AMI_RIGHTS=yes bila disengaja.",
            f"The hotline does not start: the AMI user {user} may {actions}. In manager.conf give it only "
            "write = reporting and reload; or set HOTLINE_ALLOW_WIDE_AMI_RIGHTS=yes if it is meant.",
        )


async def refuse_wide_rights(manager: Manager) -> None:
    """Raises TooWideRights; OSError or EOFError where the PBX cannot be asked."""
    if allowed := await wide_rights(manager):
        raise TooWideRights(manager.user, allowed)


async def wide_rights(manager: Manager) -> list[str]:
    """What the user may do and should not; raises OSError or EOFError where the PBX cannot be asked."""
    async with asking(manager) as asked:
        answers = {action: await asked.one(action, **headers) for action, headers in TRIED.items()}
    return [action for action, answer in answers.items() if answer.get("Message") != DENIED]
