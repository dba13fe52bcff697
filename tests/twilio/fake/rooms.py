"""What can be asked of the REST API: calls, queues and their members, numbers, messages.

Codes of refusals from twilio.com/docs/api/errors: 21201 no To, 21205 no valid Url, 21210 a From that is not
ours, 21211 a To that is none, 21212 a From over SIP that is no user name, 21213 no From, 21220 a call that is
not in progress cannot be led elsewhere, 21602 no body, 21603 neither From nor service, 21604 no To of a
message, 21617 a text beyond 1600 letters, 21655 no such template, 21656 its variables are no JSON or empty,
22003 a queue's name is taken. A call to a SIP address may have any user name as its From
(/docs/voice/api/sip-making-calls).
"""

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.twilio.fake import resources
from tests.twilio.fake.call import OVER, Call, StatusCallback
from tests.twilio.fake.document import Document, parsed
from tests.twilio.fake.leg import Ended, Moved, Source
from tests.twilio.fake.messages import WHATSAPP, Message, deliver
from tests.twilio.fake.queueing import MOST, CallQueue
from tests.twilio.fake.rest import ApiRefusal, Fields, Payload, Request, not_found

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
RINGS_SECONDS = 60.0
LONGEST = 1600
Answer = tuple[int, Payload]


def _refused(code: int, message: str) -> ApiRefusal:
    return ApiRefusal(400, code, message)


def _not_allowed() -> ApiRefusal:
    return ApiRefusal(405, 20004, "Method not allowed")


# --- calls ---


def calls(twilio: "FakeTwilio", request: Request) -> Answer:
    """List, make, fetch and change calls."""
    if len(request.rest) == 1:
        if request.method == "POST":
            return 201, resources.call(_make_call(twilio, request.form))
        found = [resources.call(each) for each in _listed(twilio, request.query)]
        return 200, request.page("calls", found)
    call = twilio.calls.get(request.rest[1])
    if call is None or len(request.rest) > 2:
        raise not_found(request.path)
    if request.method == "POST":
        _change_call(twilio, call, request.form)
    return 200, resources.call(call)


def _listed(twilio: "FakeTwilio", query: Fields) -> list[Call]:
    found = reversed(twilio.calls.values())
    return [call for call in found if _wanted(call, query)]


def _wanted(call: Call, query: Fields) -> bool:
    named = (
        ("To", call.to),
        ("From", call.from_),
        ("Status", call.status),
        ("ParentCallSid", call.parent_sid),
    )
    if any(name in query and query.get(name) != value for name, value in named):
        return False
    begun = (call.started_at or call.created_at).replace(tzinfo=None)
    if "StartTime" in query and not query.get("StartTime").startswith(str(begun.date())):
        return False
    if "StartTime>" in query and begun < _instant(query.get("StartTime>")):
        return False
    return not ("StartTime<" in query and begun > _instant(query.get("StartTime<")))


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00")).replace(tzinfo=None)


def _make_call(twilio: "FakeTwilio", form: Fields) -> Call:
    to, from_ = form.get("To"), form.get("From")
    if not to:
        raise _refused(21201, "No 'To' number is specified")
    if not from_:
        raise _refused(21213, "'From' number is not specified")
    if not (_NUMBER.fullmatch(to) or to.startswith(("sip:", "client:"))):
        raise _refused(21211, f"The 'To' number {to} is not a valid phone number.")
    if to.startswith("sip:") and "@" in from_:
        raise _refused(21212, f"The caller address {from_} is not a user name")
    if not to.startswith("sip:") and twilio.account.number(from_) is None:
        raise _refused(21210, f"'From' phone number {from_} is not yet verified for your account")
    source = _source(twilio, form)
    if source is None:
        raise _refused(21205, "Url parameter is required")
    sid = twilio.account.new_sid("CA")
    call = Call(sid, twilio.account, from_, to, "outbound-api", twilio.clock.now())
    call.number = twilio.account.number(from_)
    call.callback = _callback(form)
    call.proof = (form.get("SipAuthUsername"), form.get("SipAuthPassword"))
    fallback = form.get("FallbackUrl")
    beyond = Source(fallback, form.get("FallbackMethod", "POST")) if fallback else None
    twilio.call_out(call, source, beyond, float(form.get("Timeout", str(RINGS_SECONDS))))
    return call


def _source(twilio: "FakeTwilio", form: Fields) -> Source | Document | None:
    if twiml := form.get("Twiml"):
        return Document("", parsed(twiml.encode(), "", twilio.note))
    if not (url := form.get("Url")):
        return None
    if urlsplit(url).scheme not in {"http", "https"}:
        raise _refused(21205, f"Url is not a valid URL: {url}")
    return Source(url, form.get("Method", "POST"))


def _callback(form: Fields) -> StatusCallback | None:
    if not (url := form.get("StatusCallback")):
        return None
    events = tuple(form.all("StatusCallbackEvent")) or ("completed",)
    return StatusCallback(url, form.get("StatusCallbackMethod", "POST"), events)


def _change_call(twilio: "FakeTwilio", call: Call, form: Fields) -> None:
    leg = twilio.legs[call.sid]
    if callback := _callback(form):
        call.callback = callback
    if status := form.get("Status"):
        if status == "completed" or (status == "canceled" and call.answered_at is None):
            leg.interrupt(Ended())
        return
    source = _source(twilio, form)
    if source is None:
        return
    if call.status in OVER or call.answered_at is None:
        raise _refused(21220, "Call is not in-progress. Cannot redirect.")
    leg.interrupt(Moved(source))


# --- queues ---


def queues(twilio: "FakeTwilio", request: Request) -> Answer:
    """List, make, fetch and change queues; list, fetch and lead out their members."""
    now = twilio.clock.now()
    if len(request.rest) == 1:
        if request.method == "POST":
            return 201, resources.queue(twilio.account, _make_queue(twilio, request.form), now)
        shown = [resources.queue(twilio.account, each, now) for each in twilio.queues.values()]
        return 200, request.page("queues", shown)
    queue = next((each for each in twilio.queues.values() if each.sid == request.rest[1]), None)
    if queue is None:
        raise not_found(request.path)
    if request.rest[2:3] == ("Members",):
        return _members(twilio, queue, request)
    if request.method == "POST":
        queue.max_size = int(request.form.get("MaxSize", str(queue.max_size)))
        queue.updated_at = now
    return 200, resources.queue(twilio.account, queue, now)


def _make_queue(twilio: "FakeTwilio", form: Fields) -> CallQueue:
    name = form.get("FriendlyName")
    if name in twilio.queues:
        raise _refused(22003, f"A queue already exists with friendly name {name}")
    queue = twilio.queue(name)
    queue.max_size = int(form.get("MaxSize", str(MOST)))
    return queue


def _members(twilio: "FakeTwilio", queue: CallQueue, request: Request) -> Answer:
    now = twilio.clock.now()
    if len(request.rest) == 3:
        shown = [resources.member(twilio.account, queue, each, now) for each in queue.members]
        return 200, request.page("queue_members", shown)
    member = queue.member(request.rest[3])
    if member is None:
        raise not_found(request.path)
    payload = resources.member(twilio.account, queue, member, now)
    if request.method == "POST":
        source = _source(twilio, request.form)
        if source is None:
            raise _refused(21205, "Url parameter is required")
        queue.members.remove(member)
        member.leg.interrupt(Moved(source))
    return 200, payload


# --- numbers ---

_SETTINGS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "FriendlyName": "friendly_name",
    "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
}


def incoming_numbers(twilio: "FakeTwilio", request: Request) -> Answer:
    """List, fetch and change telephone numbers."""
    account = twilio.account
    if len(request.rest) == 1:
        wanted = request.query.get("PhoneNumber")
        found = [number for number in account.numbers if wanted in ("", number.phone_number)]
        shown = [resources.incoming_number(account, number) for number in found]
        return 200, request.page("incoming_phone_numbers", shown)
    number = next((each for each in account.numbers if each.sid == request.rest[1]), None)
    if number is None:
        raise not_found(request.path)
    if request.method == "POST":
        changes: dict[str, Any] = {
            name: request.form.get(field) for field, name in _SETTINGS.items() if field in request.form
        }
        for name, value in changes.items():
            setattr(number, name, value)
        number.updated_at = twilio.clock.now()
    return 200, resources.incoming_number(account, number)


# --- messages ---


def messages(twilio: "FakeTwilio", request: Request) -> Answer:
    """List, send and fetch messages."""
    if len(request.rest) == 1:
        if request.method == "POST":
            return 201, resources.message(twilio.account, _send(twilio, request.form))
        shown = [resources.message(twilio.account, each) for each in reversed(twilio.messages.values())]
        return 200, request.page("messages", shown)
    message = twilio.messages.get(request.rest[1])
    if message is None:
        raise not_found(request.path)
    if request.method != "GET":
        raise _not_allowed()
    return 200, resources.message(twilio.account, message)


def _send(twilio: "FakeTwilio", form: Fields) -> Message:
    to, from_, service = form.get("To"), form.get("From"), form.get("MessagingServiceSid") or None
    if not to:
        raise _refused(21604, "A 'To' phone number is required.")
    if not (from_ or service):
        raise _refused(21603, "A 'From' phone number is required.")
    body = _content(twilio, form)
    if not _NUMBER.fullmatch(to.removeprefix(WHATSAPP)):
        raise _refused(21211, f"Invalid 'To' Phone Number: {to}")
    if refused := twilio.refused_messages.get(to):
        raise _refused(refused, f"The message to {to} is refused")
    now = twilio.clock.now()
    sid = twilio.account.new_sid("SM")
    message = Message(sid, from_, to, body, now, now, form.get("StatusCallback"), service)
    message.meets = twilio.unreachable.get(to)
    twilio.messages[message.sid] = message
    twilio.clock.spawn(deliver(twilio, message))
    return message


def _content(twilio: "FakeTwilio", form: Fields) -> str:
    """What it says."""
    if "ContentSid" not in form:
        body = form.get("Body")
        if not body:
            raise _refused(21602, "Message body is required.")
        if len(body) > LONGEST:
            raise _refused(21617, "The concatenated message body exceeds the 1600 character limit.")
        return body
    body = twilio.templates.get(form.get("ContentSid"), "")
    if not body:
        raise _refused(21655, "The ContentSid is Invalid")
    try:
        variables = json.loads(form.get("ContentVariables", "{}"))
    except ValueError:
        variables = {"": ""}
    if not all(variables.values()):
        raise _refused(21656, "The ContentVariables Parameter is invalid")
    for name, value in variables.items():
        body = body.replace("{{" + name + "}}", value)
    return body


ROOMS = {
    "Calls": calls,
    "Queues": queues,
    "IncomingPhoneNumbers": incoming_numbers,
    "Messages": messages,
}
