"""pyVoIP's faults are kept out: each is shown on a small PBX of our own, on loopback."""

import os
import re
import threading
import time
import warnings
from collections.abc import Iterator

import pytest

from ivr.probe.ears import Frame
from ivr.probe.keypad import packets
from ivr.probe.rtp_line import MOST_FRAMES, RtpLine
from ivr.probe.softphone import NotPickedUp, OutgoingCall, Softphone
from tests.ivr.probe.peer import TAG, Peer, frame, until

ANSWERS = "200 OK"
USER = ("0310000000", "")


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer("180 Ringing", ANSWERS).running() as running:
        yield running


def called(
    peer: Peer, seconds: float = 5.0, account: tuple[str, str] = USER
) -> tuple[Softphone, OutgoingCall]:
    phone = Softphone(peer.address, account)
    return phone, phone.dial("1500", seconds)


def status_of(peer: Peer, seconds: float = 5.0, account: tuple[str, str] = USER) -> int:
    phone = Softphone(peer.address, account)
    try:
        with pytest.raises(NotPickedUp) as refused:
            phone.dial("1500", seconds)
    finally:
        phone.close()
    return refused.value.status


def test_the_acknowledgement_names_the_far_side_as_it_named_itself():
    with Peer(ANSWERS).running() as peer:
        phone, _ = called(peer)

        acknowledged = peer.wait_for("ACK")
        phone.close()

    assert re.search(r"(?m)^To: .*;tag=(\S+)", acknowledged)[1] == TAG  # type: ignore[index]


def test_nothing_is_offered_that_pyvoip_garbles():
    with Peer(ANSWERS).running() as peer:
        phone, _ = called(peer)
        phone.close()

        assert re.findall(r"(?m)^m=.*?RTP/AVP (.*?)\r$", peer.said("INVITE")[0]) == ["0 101"]


def test_a_key_is_sent_as_events_in_one_order_with_the_silence():
    with Peer(ANSWERS).running() as peer:
        phone, call = called(peer)

        call.press("7")
        until(lambda: sum(one[1] & 0x7F == 101 for one in peer.packets) == 8)
        phone.close()

    keys = [one for one in peer.packets if one[1] & 0x7F == 101]
    assert [one[12] for one in keys] == [7] * 8
    assert [bool(one[1] & 0x80) for one in keys] == [True] + [False] * 7
    assert [bool(one[13] & 0x80) for one in keys] == [False] * 5 + [True] * 3
    assert len({one[4:8] for one in keys}) == 1, "one key, one timestamp"
    assert [int.from_bytes(one[14:16], "big") for one in keys] == [160, 320, 480, 640, 800, 960, 960, 960]
    sequence = [int.from_bytes(one[2:4], "big") for one in peer.packets]
    assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))


@pytest.mark.parametrize(
    "status", ["404 Not Found", "486 Busy Here", "503 Service Unavailable", "603 Decline"]
)
def test_every_final_refusal_ends_the_call_and_is_acknowledged(status: str):
    with Peer(status).running() as peer:
        assert status_of(peer) == int(status[:3])
        assert peer.wait_for("ACK")


def test_a_refusal_nobody_knows_is_taken_for_the_first_of_its_hundred():
    with Peer("699 Whatever").running() as peer:
        assert status_of(peer) == 600


def test_nothing_is_printed_and_nobody_is_warned(capfd: pytest.CaptureFixture[str]):
    with warnings.catch_warnings(record=True) as warned, Peer("404 Not Found").running() as peer:
        status_of(peer)
        peer.says("nonsense")

    assert capfd.readouterr() == ("", "")
    assert warned == []


def test_a_pbx_that_is_not_there_is_given_up_soon_though_it_was_asked_again():
    with Peer("100 Trying", loses=9).running() as peer:
        began = time.monotonic()

        assert status_of(peer, seconds=1.0) == 0
        assert time.monotonic() - began < 3
        assert len(peer.said("INVITE")) == 2


def test_an_invitation_lost_on_the_way_is_sent_again():
    with Peer(ANSWERS, loses=1).running() as peer:
        phone, _ = called(peer)
        phone.close()

        assert len(peer.said("INVITE")) == 2


def test_a_call_nobody_answers_is_taken_back():
    with Peer("180 Ringing").running() as peer:
        assert status_of(peer, seconds=0.5) == 487

        cancelled, asked = peer.wait_for("CANCEL"), peer.said("INVITE")[0]
    via = re.compile(r"(?m)^Via: .*$")
    assert via.findall(cancelled) == via.findall(asked), "by its branch the PBX knows which call"


def test_strangers_packets_do_not_deafen_the_call():
    with Peer(ANSWERS).running() as peer:
        phone, call = called(peer)
        media = peer.media_of_caller()

        for packet in (
            b"",
            b"\x80",
            b"\x00\x00\x00\x00",
            b"\xff" * 172,
            b"\x80\x7f" + bytes(170),
            os.urandom(900),
        ):
            peer.rtp.sendto(packet, media)
            peer.sip.sendto(packet, peer.caller)
        peer.sip.sendto(b"SIP/2.0 200 OK\r\n\r\n", peer.caller)
        peer.sip.sendto(b"BYE sip:x SIP/2.0\r\nCall-ID: of somebody else\r\n\r\n", peer.caller)
        peer.plays([frame(number) for number in range(5)], media)
        until(lambda: len(call.heard()) == 5)

        assert not call.is_over
        assert [one.sound for one in call.heard()] == [frame(number) for number in range(5)]
        peer.hangs_up()
        until(lambda: call.is_over)
        phone.close()


def test_what_another_machine_sends_is_not_heard():
    line = RtpLine(("127.0.0.1", 0), ("192.0.2.1", 4000), 101)

    line.take(bytes([0x80, 0]) + bytes(10) + frame(1), ("127.0.0.1", 4000))

    assert line.heard() == []


def test_what_is_kept_of_a_call_does_not_grow_beyond_what_one_may_last():
    line = RtpLine(("127.0.0.1", 0), ("127.0.0.1", 4000), 101)

    for number in range(MOST_FRAMES + 500):
        line.take(bytes([0x80, 0]) + bytes(10) + frame(number), ("127.0.0.1", 4000))

    assert len(line.heard()) == MOST_FRAMES
    assert isinstance(line.heard()[0], Frame)
    assert line.pmin.log == {}, "pyVoIP's own buffer stays empty"


def test_counting_goes_round_after_the_last_number_rtp_has():
    with Peer(ANSWERS).running() as peer:
        phone, call = called(peer)
        call.line.outSequence, call.line.outTimestamp = 0xFFFF, 0xFFFFFFFF - 80

        until(lambda: any(one[2:4] == b"\x00\x03" for one in peer.packets))
        phone.close()

    assert {len(one) for one in peer.packets} == {172}


def test_an_account_proves_itself_where_it_is_asked_to():
    asked = 'WWW-Authenticate: Digest realm="office",nonce="once",algorithm=MD5'
    with Peer("401 Unauthorized", ANSWERS, more=(asked,)).running() as peer:
        phone, _ = called(peer, account=("probe", "made-up"))
        phone.close()

        first, second = peer.said("INVITE")
    assert "Authorization" not in first
    assert 'Authorization: Digest username="probe"' in second
    assert "made-up" not in second
    assert len(set(re.findall(r"branch=(\S+)", first + second))) == 2


def test_who_has_no_proof_is_refused():
    asked = 'Proxy-Authenticate: Digest realm="office",nonce="once"'
    with Peer("407 Proxy Authentication Required", more=(asked,)).running() as peer:
        assert status_of(peer) == 407


def test_the_far_sides_end_of_the_call_is_answered(peer: Peer):
    phone, call = called_after_ringing(peer)

    peer.hangs_up()
    until(lambda: call.is_over)

    until(lambda: any("9 BYE" in one and one.startswith("SIP/2.0 200") for one in peer.messages))
    phone.close()
    assert not peer.said("BYE"), "one that is over stays so"


def called_after_ringing(peer: Peer) -> tuple[Softphone, OutgoingCall]:
    """The peer rings, and answers when the caller asks once more."""
    phone = Softphone(peer.address, USER)
    dialling = threading.Thread(target=lambda: phone.dial("1500", 5.0))
    dialling.start()
    invitation = peer.wait_for("INVITE")
    peer._reply(invitation, ANSWERS)
    dialling.join()
    assert phone.call_now
    return phone, phone.call_now


def test_hanging_up_is_said_again_until_it_was_heard():
    with Peer(ANSWERS).running() as peer:
        phone, _ = called(peer)
        peer.answers_bye = False
        closing = threading.Thread(target=phone.close)
        closing.start()
        peer.wait_for("BYE", 2)
        peer.answers_bye = True
        closing.join(timeout=2)

        assert not closing.is_alive()
        assert f";tag={TAG}" in peer.said("BYE")[0]


def test_a_call_leaves_no_thread_and_no_socket_behind():
    with Peer(ANSWERS).running() as peer:
        before = (threading.active_count(), len(os.listdir("/proc/self/fd")))  # noqa: PTH208
        for _ in range(5):
            phone, _ = called(peer)
            phone.close()

        after = (threading.active_count(), len(os.listdir("/proc/self/fd")))  # noqa: PTH208
    assert after == before


def test_an_answer_without_sound_ends_the_call():
    with Peer(ANSWERS).running() as peer:
        peer.has_sound = False

        assert status_of(peer) == 488
        assert peer.wait_for("BYE")


def test_a_key_that_is_none_is_refused():
    with pytest.raises(ValueError, match="substring"):
        list(packets("x"))
