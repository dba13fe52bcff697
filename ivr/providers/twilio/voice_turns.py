"""The requests of a caller's walk: `/twilio/voice` begins it, `/twilio/voice/N` brings what was pressed."""

import re
from collections.abc import Callable

from ivr.dialogue import Caller
from ivr.providers.twilio.doorway import Asked, NotThere
from ivr.providers.twilio.voice import VOICE, VoiceReplies
from ivr.turns import Turns

_TURN = re.compile(r"|[1-9][0-9]{0,2}")


class VoiceTurns:
    """Takes turns; `line` is the account's name in the ledger, `queue` where callers wait."""

    path = VOICE

    def __init__(self, line: str, queue: Callable[[], str], turns: Turns, replies: VoiceReplies) -> None:
        self._line = line
        self._queue = queue
        self._turns = turns
        self._replies = replies

    async def answer(self, asked: Asked) -> bytes:
        """The reply to a turn; raises Unavailable."""
        if not _TURN.fullmatch(asked.below):
            raise NotThere
        form, call_id = asked.form, asked.call_id
        caller = Caller(call_id, self._line, form.get("To", ""), form.get("From"))
        replies = self._replies
        return await self._turns.take(
            caller,
            int(asked.below or 0),
            asked.pressed,
            lambda walk, step, number: replies.turn(call_id, walk, step, number),
        )

    def in_trouble(self, asked: Asked) -> bytes:
        """A caller whose turn cannot be told goes on to people."""
        return self._replies.to_people(asked.call_id, self._queue())
