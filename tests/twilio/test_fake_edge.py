"""Requests leave the fake as the documentation of webhooks says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.providers.twilio.signature import NotFromTwilio
from tests.twilio.fake.edge import Overrides, Sent
from tests.twilio.fake.twilio import Twice
from tests.twilio.server import BEGINS_AT, FALLBACK, ORIGIN, Asked, Bench, Server, a_bench


def accepted(bench: Bench, asked: Asked) -> bool:
    try:
        bench.check().form(asked.target, asked.body, asked.headers["x-twilio-signature"].encode())
    except NotFromTwilio:
        return False
    return True


def slow(bench: Bench, seconds: float) -> Callable[[dict[str, str]], Awaitable[str]]:
    async def answer(_form: dict[str, str]) -> str:
        await bench.clock.sleep(seconds)
        return "<Say>Ya</Say>"

    return answer


async def test_every_request_is_signed_over_the_address_it_goes_to():
    async with a_bench(
        voice='<Gather action="/next?a=%20b" actionOnEmptyResult="true"/>', next="", status=""
    ) as bench:
        await bench.over(bench.call())
        assert len(bench.server.asked) == 3
        assert all(accepted(bench, asked) for asked in bench.server.asked)


async def test_fifteen_seconds_are_the_most_an_answer_may_take():
    async with a_bench(status="", fallback="<Say>Tunggu</Say>") as bench:
        bench.number.voice_fallback_url = f"{ORIGIN}/fallback"
        bench.server.answers["/voice"] = slow(bench, 15.1)
        leg = bench.call()
        await bench.over(leg)
        told = bench.server.forms("/fallback")[0]
        assert told["ErrorCode"] == "11205"
        assert bench.server.asked[1].at == BEGINS_AT + timedelta(seconds=15)
        assert leg.transcript == ["Tunggu"]
        assert len(bench.server.forms("/voice")) == 1


async def test_an_answer_just_in_time_is_taken():
    async with a_bench(status="") as bench:
        bench.server.answers["/voice"] = slow(bench, 14.9)
        leg = bench.call()
        await bench.over(leg)
        assert leg.transcript == ["Ya"]


async def test_two_connections_of_five_seconds_are_tried_and_then_the_fallback():
    async with a_bench(fallback="<Say>Tunggu</Say>", status="") as bench:
        bench.twilio.edge.unreachable[ORIGIN] = "silent"
        bench.number.voice_fallback_url = f"{FALLBACK}/fallback"
        leg = bench.call()
        await bench.over(leg)
        tries = [sent for sent in bench.twilio.edge.sent if sent.url == f"{ORIGIN}/voice"]
        assert len(tries) == 2
        assert len({sent.headers["I-Twilio-Idempotency-Token"] for sent in tries}) == 1
        assert bench.server.asked[0].at == BEGINS_AT + timedelta(seconds=10)
        assert leg.transcript == ["Tunggu"]


@pytest.mark.parametrize(
    ("fragment", "status", "tries"),
    [
        ("", 500, 1),
        ("#rc=2&rp=5xx", 500, 3),
        ("#rc=2&rp=5xx", 404, 1),
        ("#rc=1&rp=all", 404, 2),
        ("#rc=9&rp=4xx", 404, 6),
        ("#rc=0&rp=all", 500, 1),
    ],
)
async def test_a_fragment_overrides_what_is_tried_again(fragment: str, status: int, tries: int):
    async with a_bench(voice=(status, ""), status="") as bench:
        bench.number.voice_url += fragment
        await bench.over(bench.call())
        asked = [each for each in bench.server.asked if each.path == "/voice"]
        assert len(asked) == tries
        assert all(each.target == "/voice" and accepted(bench, each) for each in asked)


async def test_a_read_timeout_may_be_shorter_and_tried_again_within_the_total():
    async with a_bench(status="") as bench:
        bench.number.voice_url += "#rt=2000&rc=5&rp=rt&tt=5000"
        bench.server.answers["/voice"] = slow(bench, 60)
        await bench.over(bench.call())
        assert len(bench.server.forms("/voice")) == 3
        assert bench.twilio.debugger[0].at == BEGINS_AT + timedelta(seconds=5)


def test_the_defaults_are_those_of_the_documentation():
    assert Overrides.of("") == Overrides(1, frozenset({"ct"}), 5.0, 15.0, 15.0)


async def test_while_tokens_are_rotated_the_primary_one_signs():
    async with a_bench(voice="", status="") as bench:
        account = bench.twilio.account
        old = account.primary_token
        new = account.create_secondary_token()
        await bench.over(bench.call())
        account.promote_secondary_token()
        await bench.over(bench.call())
        assert (account.primary_token, old != new) == (new, True)
        before, later = bench.server.asked[0], bench.server.asked[2]
        assert accepted(bench, later)
        assert not accepted(bench, before)


async def test_a_replayed_request_is_the_old_one_byte_for_byte():
    async with a_bench(voice="", status="") as bench:
        await bench.over(bench.call())
        await bench.clock.pass_by(600)
        await bench.twilio.replay(bench.twilio.edge.sent[0])
        first, again = bench.server.asked[0], bench.server.asked[-1]
        assert (first.body, first.target) == (again.body, again.target)
        assert first.headers == again.headers
        assert again.at == first.at + timedelta(seconds=600)
        assert accepted(bench, again)


async def test_a_forged_request_has_a_signature_that_is_not_ours():
    async with a_bench(voice="") as bench:
        await bench.twilio.forge(f"{ORIGIN}/voice", {"CallSid": "CA" + "0" * 32})
        assert not accepted(bench, bench.server.asked[0])


async def test_a_proxy_may_rewrite_what_was_signed():
    def rewritten(sent: Sent) -> Sent:
        more = {"X-Forwarded-Host": "others.example", "X-Forwarded-Proto": "http", "Host": "127.0.0.1:8080"}
        return replace(sent, url=sent.url.replace("/voice", "/hotline/voice"), headers=sent.headers | more)

    async with a_bench(voice="", status="") as bench:
        bench.twilio.edge.changed = rewritten
        await bench.over(bench.call())
        asked = bench.server.asked[0]
        assert asked.target == "/hotline/voice"
        assert asked.headers["host"] == "127.0.0.1:8080"
        assert not accepted(bench, asked)


@pytest.mark.parametrize("at_once", [False, True])
async def test_every_request_may_be_delivered_twice_and_to_two_nodes(at_once: bool):
    async with a_bench(voice="<Say>A</Say>", status="") as bench:
        other = Server(bench.clock, {"/voice": "<Say>B</Say>"})
        bench.twilio.edge.serve("node-b", other)
        bench.twilio.twice = Twice(at_once, "node-b")
        leg = bench.call()
        await bench.over(leg)
        assert leg.transcript == ["B"]
        assert bench.server.asked[0].body == other.asked[0].body
        assert bench.server.asked[0].headers == other.asked[0].headers
        ((first, second),) = bench.twilio.twice.pairs
        assert (first.answer, second.answer) == (
            b"<Response><Say>A</Say></Response>",
            b"<Response><Say>B</Say></Response>",
        )


async def test_what_is_served_nowhere_is_asked_over_the_network():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"<Response><Say>Nyata</Say></Response>"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with a_bench(status="") as bench, listening:
        bench.number.voice_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/voice"
        leg = bench.call()
        await bench.over(leg)
        assert leg.transcript == ["Nyata"]


async def test_where_nobody_listens_the_connection_fails():
    async with a_bench(status="") as bench:
        bench.number.voice_url = "http://127.0.0.1:9/voice"
        await bench.over(bench.call())
        assert [note.code for note in bench.twilio.debugger] == [11205]


async def test_a_server_that_breaks_down_is_an_answer_of_500():
    def broken(_form: dict[str, str]) -> str:
        raise RuntimeError

    async with a_bench(voice=broken, status="") as bench:
        await bench.over(bench.call())
        assert [note.code for note in bench.twilio.debugger] == [11200]
