"""What the REST API says of things: fields and types as the published API has them.

From twilio.com/docs/voice/api (call, queue, member), /docs/phone-numbers/api/incomingphonenumber-resource,
/docs/messaging/api/message-resource and /docs/iam/api/account; `tests/twilio/test_fake_rest.py` holds the
names against the twilio library's own classes. Instants are RFC 2822, lengths of calls are strings, sizes
and waits are numbers.
"""

from datetime import datetime
from typing import Any

from tests.twilio.fake.account import API_VERSION, Account, IncomingNumber
from tests.twilio.fake.call import Call, rfc2822
from tests.twilio.fake.messages import Message
from tests.twilio.fake.queueing import CallQueue, Member

Payload = dict[str, Any]
BASE = f"/{API_VERSION}/Accounts"


def _instant(at: datetime | None) -> str | None:
    return rfc2822(at) if at else None


def account(account: Account) -> Payload:
    """An account; its token is shown as it is to whoever may ask."""
    uri = f"{BASE}/{account.sid}"
    names = ("Calls", "IncomingPhoneNumbers", "Messages", "Queues")
    return {
        "auth_token": account.primary_token,
        "date_created": _instant(account.created_at),
        "date_updated": _instant(account.created_at),
        "friendly_name": account.name,
        "owner_account_sid": account.sid,
        "sid": account.sid,
        "status": account.status,
        "subresource_uris": {_snake(name): f"{uri}/{name}.json" for name in names},
        "type": account.kind,
        "uri": f"{uri}.json",
    }


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def incoming_number(account: Account, number: IncomingNumber) -> Payload:
    """A telephone number of the account's."""
    return {
        "account_sid": account.sid,
        "address_requirements": "none",
        "address_sid": None,
        "api_version": API_VERSION,
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"voice": number.has_voice, "sms": True, "mms": False, "fax": False},
        "date_created": _instant(number.created_at),
        "date_updated": _instant(number.updated_at or number.created_at),
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number.friendly_name or number.phone_number,
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": number.phone_number,
        "sid": number.sid,
        "sms_application_sid": "",
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": "",
        "status": "in-use",
        "status_callback": number.status_callback,
        "status_callback_method": number.status_callback_method,
        "trunk_sid": number.trunk_sid or None,
        "type": "local",
        "uri": f"{BASE}/{account.sid}/IncomingPhoneNumbers/{number.sid}.json",
        "voice_application_sid": number.voice_application_sid,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": number.voice_fallback_method,
        "voice_fallback_url": number.voice_fallback_url,
        "voice_method": number.voice_method,
        "voice_receive_mode": "voice",
        "voice_url": number.voice_url,
    }


def call(call: Call) -> Payload:
    """A call, as it is now; `initiated` is a word of status callbacks alone, here it is still `queued`."""
    uri = f"{BASE}/{call.account.sid}/Calls/{call.sid}"
    ended = call.ended_at is not None
    return {
        "account_sid": call.account.sid,
        "answered_by": None,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": _instant(call.created_at),
        "date_updated": _instant(call.updated_at or call.created_at),
        "direction": call.direction,
        "duration": str(call.seconds) if ended else None,
        "end_time": _instant(call.ended_at),
        "forwarded_from": None,
        "from": call.from_,
        "from_formatted": call.from_,
        "group_sid": None,
        "parent_call_sid": call.parent_sid,
        "phone_number_sid": call.number.sid if call.number else None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": _instant(call.started_at),
        "status": "queued" if call.status == "initiated" else call.status,
        "stir_verstat": None,
        "subresource_uris": {
            name.lower(): f"{uri}/{name}.json" for name in ("Events", "Notifications", "Recordings")
        },
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def queue(account: Account, queue: CallQueue, now: datetime) -> Payload:
    """A queue."""
    uri = f"{BASE}/{account.sid}/Queues/{queue.sid}"
    return {
        "account_sid": account.sid,
        "average_wait_time": queue.average_wait(now),
        "current_size": len(queue.members),
        "date_created": _instant(queue.created_at),
        "date_updated": _instant(queue.updated_at or queue.created_at),
        "friendly_name": queue.name,
        "max_size": queue.max_size,
        "sid": queue.sid,
        "uri": f"{uri}.json",
    }


def member(account: Account, queue: CallQueue, member: Member, now: datetime) -> Payload:
    """A caller in a queue."""
    sid = member.leg.call.sid
    return {
        "call_sid": sid,
        "date_enqueued": _instant(member.joined_at),
        "position": queue.members.index(member) + 1 if member in queue.members else 0,
        "queue_sid": queue.sid,
        "uri": f"{BASE}/{account.sid}/Queues/{queue.sid}/Members/{sid}.json",
        "wait_time": int((now - member.joined_at).total_seconds()),
    }


def message(account: Account, message: Message) -> Payload:
    """A text message."""
    uri = f"{BASE}/{account.sid}/Messages/{message.sid}"
    return {
        "account_sid": account.sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": _instant(message.created_at),
        "date_sent": _instant(message.sent_at),
        "date_updated": _instant(message.updated_at),
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_ or None,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": message.segments,
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }
