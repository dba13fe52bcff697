"""The door by which another telephone system rings agents' phones at this Asterisk. Pure.

It comes by SIP over TLS, proves itself by a secret, and can ring agents' phones and nothing else.
Over plain UDP it comes where there is no certificate, and so from this machine alone.
"""

from ivr.providers.asterisk.plan import PrivatePlan

FROM_ELSEWHERE = "hotline-dari-luar"
RING_SECONDS = 60
"""The other system gives up long before."""


def legs_context(plan: PrivatePlan) -> str:
    """The context its calls come into; none where no other system may come."""
    if plan.legs is None:
        return ""
    rings = "".join(
        f"exten => {phone.account},1,Dial({phone.interface},{RING_SECONDS})\n same => n,Hangup()\n"
        for phone in plan.phones
        if phone.role == "agent"
    )
    return f"\n[{FROM_ELSEWHERE}]\n{rings}"


def legs_endpoint(plan: PrivatePlan) -> str:
    """Its account of `pjsip.conf`, found by the name it proves: it shows whatever caller it likes."""
    legs = plan.legs
    if legs is None:
        return ""
    transport, sealed = ("transport-udp", "") if plan.certificate is None else ("transport-legs", _SEALED)
    return f"""{_transport(plan)}[{legs.account}]
type=endpoint
transport={transport}
context={FROM_ELSEWHERE}
disallow=all
allow=ulaw,alaw
{sealed}direct_media=no
rtp_symmetric=yes
force_rport=yes
rewrite_contact=yes
dtmf_mode=auto_info
trust_id_inbound=no
language=id
auth={legs.account}
[{legs.account}]
type=auth
auth_type=userpass
username={legs.account}
password={legs.secret}
"""


_SEALED = "media_encryption=sdes\n"


def _transport(plan: PrivatePlan) -> str:
    if plan.certificate is None or plan.legs is None:
        return ""
    return f"""[transport-legs]
type=transport
protocol=tls
bind={plan.listen}:{plan.legs.port}
cert_file={plan.certificate}
priv_key_file={plan.certificate}
method=tlsv1_2
"""
