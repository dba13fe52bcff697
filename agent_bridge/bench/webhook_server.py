"""The servers that `hotline bench webhook` asks: each a process of its own, on the product's uvicorn."""

import gc
import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from agent_bridge.bench.ticket import BEGAN
from config import logs
from config.office import OFFICE_FOLDER, load
from ivr.call_desk import CallDesk
from ivr.providers.twilio.signature import SignatureCheck
from ivr.providers.twilio.twiml import CONTENT_TYPE, Gather, Say, render
from ivr.providers.twilio.utterances import Utterances
from ivr.providers.twilio.voice import VOICE, VoiceReplies
from ivr.providers.twilio.voice_turns import VoiceTurns
from ivr.providers.twilio.webhooks import TwilioWebhooks
from ivr.registration import Registrar
from ivr.speech import prompts
from ivr.speech.digits import PAUSE
from ivr.speech.prompts import LANGUAGE_FOLDER, sounds
from ivr.turns import Turns
from ticketing.ledger.codec import KINDS
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Recorder
from ticketing.people.privacy import Vault

PUBLIC = "https://hotline.example"
ACCOUNT = "AC" + "0" * 32
TOKEN = "0" * 32
LEDGER = "webhook.sqlite3"
GREETING = "Selamat datang di layanan kependudukan. Tekan 1 untuk mendaftar."
REPLY = render([Gather(f"{PUBLIC}{VOICE}/1", (Say(GREETING),), count=1, finish_on_key="")])


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """The same bytes for everybody, unread and unchecked."""
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(REPLY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": REPLY})


class _SaidAlready:
    """Turns whose reply is known without a look into the ledger."""

    async def take(self, *_: object) -> bytes:
        """Always the same."""
        return REPLY


def now() -> datetime:
    """The one instant of the benchmark."""
    return BEGAN


def webhooks(folder: Path, turns: Any) -> TwilioWebhooks:
    """Ours, with those turns and a recording of everything."""
    book = prompts.load(OFFICE_FOLDER).texts
    for sound in sounds((*book, PAUSE)):
        file = folder / LANGUAGE_FOLDER / f"{sound}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    utterances = Utterances(PUBLIC, os.urandom(32), folder)
    replies = VoiceReplies(PUBLIC, utterances, lambda: book, now)
    check = SignatureCheck(PUBLIC, (TOKEN,))
    voice = VoiceTurns("twilio", lambda: "dukcapil", turns, replies)
    return TwilioWebhooks(check, ACCOUNT, [voice], utterances, now)


def turns(folder: Path) -> Turns:
    """Turns on a ledger in the folder."""
    office = load(facts=KINDS)
    engine, vault = open_database(f"sqlite:///{folder / LEDGER}"), Vault(os.urandom(32), os.urandom(32))
    journal, reader = Journal(engine, Recorder(vault, lambda: office, now)), Reader(engine, vault)
    journal.start()
    registrar = Registrar(CallDesk(journal), journal, reader, lambda: office, now)
    return Turns(registrar, journal, reader, vault, now)


def tutorial(folder: Path) -> Any:
    """The peer."""
    from agent_bridge.bench.peers.webhook import app

    return app(PUBLIC, TOKEN, GREETING)


SERVERS = {
    "bare": lambda _: bare,
    "signed": lambda folder: webhooks(folder, _SaidAlready()),
    "ledger": lambda folder: webhooks(folder, turns(folder)),
    "tutorial": tutorial,
}


def main() -> None:
    """Serve until ended."""
    kind, listening, folder = sys.argv[1:4]
    logs.set_up()
    config = uvicorn.Config(
        SERVERS[kind](Path(folder)), log_config=None, access_log=False, server_header=False, lifespan="off"
    )
    config.load()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(listening))])


if __name__ == "__main__":
    main()
