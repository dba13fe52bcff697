"""The stories a rehearsal can play: what agent, dispatcher and official do to a case, page by page.

Each act goes through the public API, by a person signed in in their role. Every name and number is made up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_bridge.rehearsal.agent import RehearsalAgent
from agent_bridge.rehearsal.person import Person
from config.errors import Refused
from ivr.probe.sipp import Act, AwaitHangUp, HangUp, Press, Wait

TYPING_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.3
IDENTITY = {"name": "Contoh Warga", "nik": "3578014101900001", "district": "07"}

Say = Callable[[str, str], None]


class NoSuchStory(Refused):
    """The story that was asked for does not exist."""

    def __init__(self, name: str) -> None:
        known = ", ".join(STORIES)
        super().__init__(
            f"Cerita '{name}' tidak dikenal. Yang ada: {known}.",
            f"The story '{name}' is not known. There are: {known}.",
        )


class StoryStuck(Refused):
    """The case did not come to where the story goes on."""

    def __init__(self, story: str, waited_for: str) -> None:
        super().__init__(
            f"Cerita {story} macet: {waited_for} tidak terjadi.",
            f"The story {story} is stuck: {waited_for} did not happen.",
        )


@dataclass(slots=True)
class Plot:
    """One story while it is played: who is in it, and the case it is about."""

    name: str
    agent: RehearsalAgent
    dispatcher: Person
    official: Person
    call_id: str
    number: str
    say: Say
    numbers: list[str] = field(default_factory=list)

    @property
    def case(self) -> str:
        """The address of the case."""
        return f"/api/cases/{self.number}"

    async def types(self, form: dict[str, Any]) -> None:
        """The agent fills in the form while the citizen talks."""
        self.say("petugas mulai mengetik", "the agent begins to type")
        draft = {"story": form["story"][:12]}
        await self.agent.does(f"{self.case}/draft", {"typed": draft}, "PUT")
        await asyncio.sleep(TYPING_SECONDS)
        done = await self.agent.does(f"{self.case}/form", form, "PUT")
        self.say(f"pengaduan tercatat: {done['state']}", f"the complaint is recorded: {done['state']}")
        await asyncio.sleep(TYPING_SECONDS)

    async def looks_up(self, text: str) -> str:
        """The agent searches the FAQ book as one types; returns the first article."""
        await self.agent.does(f"{self.case}/faq", {})
        for end in (len(text) // 2, len(text)):
            found = await self.agent.does("/api/faq/search", {"text": text[:end]})
        code = str(found["hits"][0]["code"])
        self.say(f"FAQ '{text}': {code}", f"FAQ '{text}': {code}")
        await asyncio.sleep(TYPING_SECONDS)
        return code

    async def tells_answer(self, code: str) -> None:
        """The agent reads the article's answer out."""
        await self.agent.does(f"{self.case}/answer", {"article": code, "told": True})
        self.say(f"jawaban {code} disampaikan", f"the answer {code} is told")
        await asyncio.sleep(TYPING_SECONDS)

    async def confirms(self, *, satisfied: bool = True) -> None:
        """The citizen is asked whether that settles it."""
        await self.agent.does(f"{self.case}/confirmation", {"satisfied": satisfied})

    async def hangs_up(self) -> None:
        """Closing words, then the end of the call; waits until the telephone system saw it."""
        await self.agent.ask("POST", f"/api/calls/{self.call_id}/closing")
        await asyncio.sleep(TYPING_SECONDS)
        await self.agent.ask("POST", f"/api/calls/{self.call_id}/hang-up")
        self.say("petugas menutup panggilan", "the agent ends the call")
        await self.until("the end of the call", lambda case: _ended(case, 13))

    async def recaps(self, *, close: bool, solution: str | None = None) -> None:
        """The recap as the facts fill it in, or with what was promised; `close` ends the ticket."""
        done = await self.agent.does(f"{self.case}/recap", {"solution": solution, "close": close})
        self.say(f"rekap ditulis: {done['state']}", f"the recap is written: {done['state']}")

    async def sends(self, track: str) -> None:
        """The FAQ book did not help: to the dispatcher, in one act."""
        await self.agent.does(f"{self.case}/dispatch/opened")
        await asyncio.sleep(TYPING_SECONDS)
        await self.agent.does(f"{self.case}/dispatch", {"track": track, "urgency": "normal"})
        self.say(f"dikirim ke dispatcher ({track})", f"sent to the dispatcher ({track})")

    async def is_forwarded(self) -> None:
        """The dispatcher takes it off the list and forwards it to the official who is suggested."""
        listed = await self.dispatcher.sees("/api/cases?mine=true")
        if self.number not in [line["number"] for line in listed["cases"]]:
            raise StoryStuck(self.name, "the dispatcher's list")
        await asyncio.sleep(TYPING_SECONDS)
        advice = await self.dispatcher.sees(f"{self.case}/suggestion")
        chosen = {"unit": advice["unit"], "official": advice["official"]}
        await self.dispatcher.does(f"{self.case}/forward", chosen)
        self.say(f"diteruskan ke {advice['official']}", f"forwarded to {advice['official']}")

    async def is_answered(self, text: str) -> None:
        """The official writes the solution; the agent is to tell it."""
        await self.official.does(f"{self.case}/solution", {"text": text, "deliver_by": "agent"})
        self.say("pejabat menulis solusi", "the official writes the solution")

    async def is_told(self, channel: str) -> None:
        """The agent tells the citizen what the official wrote."""
        await self.agent.does(f"{self.case}/delivery", {"channel": channel})
        self.say(f"solusi disampaikan ({channel})", f"the solution is told ({channel})")

    async def opens_another(self) -> None:
        """The citizen has another complaint: the plot goes on with its ticket."""
        done = await self.agent.does(f"{self.case}/another")
        self.number = done["child_number"]
        self.numbers.append(self.number)
        self.say(f"keluhan lain: tiket {self.number}", f"another complaint: ticket {self.number}")

    async def wraps_up(self) -> None:
        """The agent is done with the call."""
        await self.agent.ask("POST", "/api/desk/wrap-up/end")

    async def until(self, what: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Look at the case until that holds; raises StoryStuck."""
        for _ in range(int(PATIENCE_SECONDS / LOOK_AGAIN_SECONDS)):
            case: dict[str, Any] = await self.agent.sees(self.case)
            if holds(case):
                return case
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        raise StoryStuck(self.name, what)


async def solved(plot: Plot) -> None:
    """A short question, solved by the FAQ book."""
    await plot.types({"type": "information", "category": "10", "story": "KTP saya hilang, syaratnya apa?"})
    await plot.tells_answer(await plot.looks_up("ktp ilang"))
    await plot.confirms()
    await plot.hangs_up()
    await plot.recaps(close=True)
    await plot.wraps_up()


async def escalated_live(plot: Plot) -> None:
    """The official answers while the citizen holds the line."""
    await plot.types(_complaint("KTP belum jadi sejak tiga bulan."))
    await plot.looks_up("ktp belum jadi")
    await plot.sends("live")
    await plot.is_forwarded()
    await plot.official.does(f"{plot.case}/consult")
    await plot.is_answered("Kartu sudah tercetak dan dapat diambil di kelurahan.")
    await plot.is_told("live_call")
    await plot.confirms()
    await plot.hangs_up()
    await plot.recaps(close=True)
    await plot.wraps_up()


async def escalated_deferred(plot: Plot) -> None:
    """The call ends with a promise; the official is reminded, follows up, and the citizen is called back."""
    await plot.types(_complaint("KTP belum jadi sejak tiga bulan."))
    await plot.looks_up("ktp belum jadi")
    await plot.sends("deferred")
    await plot.confirms(satisfied=False)
    await plot.hangs_up()
    await plot.recaps(close=False, solution="Dijanjikan kabar setelah diperiksa pejabat.")
    await plot.wraps_up()
    await plot.is_forwarded()
    await _follow_up(plot)
    await plot.is_answered("Kartu dicetak hari ini; dapat diambil besok di kelurahan.")
    await plot.is_told("call_back")
    await plot.confirms()
    await plot.recaps(close=True)


async def _follow_up(plot: Plot) -> None:
    """A due time passes and is noticed; then the official acts, waits for the citizen, and acts again."""
    missed = await plot.until("the notice of a due time", _missed_by_official)
    notices = (await plot.official.sees("/api/notices"))["notices"]
    if plot.number not in [notice["number"] for notice in notices]:
        raise StoryStuck(plot.name, "the official's notice")
    owner = missed["owner"]["id"]
    plot.say(f"jatuh tempo terlewati; {owner} diingatkan", f"a due time passed; {owner} is reminded")
    done = {"text": "Berkas diperiksa; blangko datang siang ini.", "result": "plan_made"}
    await plot.official.does(f"{plot.case}/follow-ups", done)
    await plot.official.does(f"{plot.case}/wait", {"reason": "Menunggu foto KK dari warga."})
    await asyncio.sleep(TYPING_SECONDS)
    await plot.official.does(f"{plot.case}/wait/over")
    plot.say("pejabat menindaklanjuti", "the official follows up")


async def two_complaints(plot: Plot) -> None:
    """Two complaints in one call: two tickets, each with its own clocks."""
    await plot.types(_complaint("KTP hilang dan harus mengurus.", category="10"))
    await plot.tells_answer(await plot.looks_up("ktp hilang"))
    first = plot.number
    await plot.confirms()
    await plot.opens_another()
    await plot.types({"type": "complaint", "category": "20", "story": "Kartu keluarga juga hilang."})
    await plot.tells_answer(await plot.looks_up("kk hilang"))
    await plot.confirms()
    await plot.hangs_up()
    await plot.recaps(close=True)
    plot.number = first
    await plot.recaps(close=True)
    await plot.wraps_up()


async def called_back(plot: Plot) -> None:
    """Nobody served the citizen on the line; the office called, and the same ticket goes on to its end."""
    await plot.types(_complaint("Kartu keluarga saya diblokir.", category="20"))
    await plot.tells_answer(await plot.looks_up("kk diblokir"))
    await plot.confirms()
    await plot.hangs_up()
    await plot.recaps(close=True)
    await plot.wraps_up()


def _complaint(story: str, category: str = "11") -> dict[str, Any]:
    return IDENTITY | {"type": "complaint", "category": category, "story": story}


def _ended(case: dict[str, Any], step: int) -> bool:
    return any(one["step"] == step and one["ended_at"] for one in case["steps"])


def _missed_by_official(case: dict[str, Any]) -> bool:
    """Whether a due time passed since the case was forwarded."""
    kinds = [event["kind"] for event in case["events"]]
    return "due_missed" in kinds[kinds.index("forwarded_to_official") :]


UNSERVED: dict[str, Sequence[Act]] = {
    # Hears the number twice, waits among others, and hangs up.
    "call-back": (Wait(7.0), Press("1"), Wait(40.0), HangUp()),
    # Presses the key while waiting, hears the promise, and is hung up on.
    "asks-for-call-back": (Wait(7.0), Press("1"), Wait(33.0), Press("9"), AwaitHangUp()),
}
"""What the citizens of these stories do, whom the office then calls."""

STORIES: dict[str, Callable[[Plot], Awaitable[None]]] = {
    "solved": solved,
    "escalated-live": escalated_live,
    "escalated-deferred": escalated_deferred,
    "two-complaints": two_complaints,
    "call-back": called_back,
    "asks-for-call-back": called_back,
}
"""Every story by its name."""
