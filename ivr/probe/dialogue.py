"""One SIP call of a synthetic citizen, whoever dialled: what is said within it, and what is heard."""

import asyncio
import itertools
import re
import time
from abc import ABC, abstractmethod

from ivr.probe.ears import Ear, Vocabulary, hearing
from ivr.probe.scenarios import BETWEEN_KEYS_MILLISECONDS, KEY_MILLISECONDS

RESEND_SECONDS = 0.5
ANSWER_SECONDS = 10.0
LISTEN_SECONDS = 0.02

STATUS = re.compile(r"SIP/2\.0 (\d{3})")
SEQUENCE = re.compile(r"^CSeq: *(\d+) (\w+)", re.MULTILINE | re.IGNORECASE)
_REPEATED = re.compile(r"^(?:Via|From|To|Call-ID|CSeq):.*?$", re.MULTILINE | re.IGNORECASE)


class NotPutThrough(Exception):
    """The PBX refused a request, or did not answer it."""


class Dialogue(ABC):
    """What both kinds of citizen can do once they are on the line."""

    def __init__(self) -> None:
        self._sequences = itertools.count(1)
        self._answers: dict[tuple[int, str], asyncio.Future[str]] = {}
        self.ear = Ear()
        self.over = asyncio.Event()

    async def press(self, keys: str, between_milliseconds: int = BETWEEN_KEYS_MILLISECONDS) -> None:
        """Press keys, one after the other."""
        for key in keys:
            signal = f"Signal={key}\r\nDuration={KEY_MILLISECONDS}\r\n"
            await self._ask("INFO", "application/dtmf-relay", signal)
            await asyncio.sleep(between_milliseconds / 1000)

    async def until_hearing(self, vocabulary: Vocabulary, *sounds: str, seconds: float) -> str:
        """Listen until one of the sounds reaches the ear, and return which; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (heard := hearing(self.ear, vocabulary, time.time())) not in sounds:  # noqa: ASYNC110 - the ear only collects
                await asyncio.sleep(LISTEN_SECONDS)
        return heard

    def _take_answer(self, message: str, status: int, sequence: tuple[int, str]) -> bool:
        """Give an answer to whoever waits for it; False where nobody does."""
        asked = self._answers.get(sequence)
        if asked is None or asked.done() or status < 200:
            return False
        asked.set_result(message)
        return True

    async def _ask(self, method: str, content: str = "", body: str = "", *more: str) -> str:
        sequence = next(self._sequences)
        asked = asyncio.get_running_loop().create_future()
        self._answers[sequence, method] = asked
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not asked.done():
                    self._send(method, sequence, content, body, *more)
                    await asyncio.wait([asked], timeout=RESEND_SECONDS)
        except TimeoutError:
            raise NotPutThrough(method) from None
        answer: str = asked.result()
        if not answer.startswith("SIP/2.0 2"):
            raise NotPutThrough(f"{method}: {answer.partition(chr(13))[0]}")
        return answer

    @abstractmethod
    def _send(self, method: str, sequence: int, content: str = "", body: str = "", *more: str) -> None:
        """Put a request on the way to the PBX."""


def reply(request: str, status: str, *more: str, tag: str = "", body: str = "") -> bytes:
    """The answer to a request of the PBX's; `tag` names our side of the call where it has no name yet."""
    head = request.partition("\r\n\r\n")[0].replace("\r", "")
    named = [_tagged(line, tag) for line in _REPEATED.findall(head)]
    lines = [f"SIP/2.0 {status}", *named, *more, f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _tagged(line: str, tag: str) -> str:
    to_us = tag and line.lower().startswith("to:") and ";tag=" not in line
    return f"{line};tag={tag}" if to_us else line
