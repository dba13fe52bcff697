"""The private PBX's other files, written from the plan. Pure: a plan in, file texts out.

Nothing listens beyond loopback but browsers' phones by TLS, where the plan says so; no caller may dial
out, and no file of the PBX keeps a citizen's number.
"""

from typing import Final

from ivr.providers.asterisk.calling_out import OUTWARD
from ivr.providers.asterisk.dialplan import AGENTS, INBOUND, UNTOLD, WAITING, extensions
from ivr.providers.asterisk.door_for_legs import legs_context, legs_endpoint
from ivr.providers.asterisk.plan import EVERYWHERE, LOOPBACK, RTP_PORTS, TRUNK, PbxPlan, Phone, PrivatePlan

READER: Final = "hotline-reader"
CONTROL: Final = "hotline-control"
DIALLER: Final = "hotline-dialler"
CEL_FILE = "hotline.csv"
"""Below `cel-custom` in the log folder; an office may write a CEL file of its own beside it."""

EVENTS = (
    "FullyBooted", "Newchannel", "Hangup", "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon",
    "AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer", "Hold", "Unhold", "UserEvent",
    "OriginateResponse",
)  # fmt: skip
"""The events the hotline reads; a PBX that sends no others costs both sides less."""

MODULES = (
    "res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
    "res_pjproject", "res_crypto", "res_srtp", "res_rtp_asterisk", "res_http_websocket", "res_pjsip",
    "res_pjsip_session", "res_pjsip_transport_websocket", "res_pjsip_sdp_rtp",
    "res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user", "res_pjsip_registrar", "res_pjsip_caller_id",
    "res_pjsip_dtmf_info", "res_pjsip_nat", "res_pjsip_rfc3326", "res_pjsip_pubsub", "res_pjsip_acl",
    "res_pjsip_empty_info", "res_pjsip_header_funcs", "chan_pjsip", "pbx_config", "res_speech", "res_agi",
    "res_musiconhold", "app_queue", "app_dial",
    "app_playback", "app_stack", "app_userevent", "app_verbose", "func_channel", "func_callerid",
    "func_cut", "func_logic", "func_strings", "func_timeout",
    "bridge_simple", "bridge_holding", "bridge_native_rtp", "bridge_softmix",
    "codec_ulaw", "codec_alaw", "codec_a_mu", "codec_resample", "codec_opus_open_source",
    "res_format_attr_opus", "format_wav", "format_pcm", "format_sln", "res_cdrel_custom", "cel_custom",
)  # fmt: skip
"""An explicit list boots in half a second; each is needed by the files here or by one of the others."""

CEL_EVENTS = (
    "CHAN_START,CHAN_END,ANSWER,HANGUP,APP_START,APP_END,BRIDGE_ENTER,BRIDGE_EXIT,"
    "BLINDTRANSFER,ATTENDEDTRANSFER,PICKUP,LINKEDID_END"
)
"""All but those that would keep the keys callers press (DTMF), and the noise of every sound played."""

LARGEST_PLACE = 99
"""app_queue says a hundred by the English grammar, "one hundred"; so far back no place is told."""

EMPTY_FILES = (
    "acl", "ari", "ccss", "cdr", "cel_general", "cli", "cli_aliases", "cli_permissions", "codecs", "dnsmgr",
    "enum", "extconfig", "features", "pjproject", "sorcery", "stasis", "udptl",
)  # fmt: skip
"""Files Asterisk asks for and warns of when they are missing."""


def files(plan: PrivatePlan) -> dict[str, str]:
    """Every configuration file by its name."""
    written = {
        "asterisk.conf": _asterisk(plan),
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {m}.so\n" for m in MODULES),
        "logger.conf": _logger(),
        "manager.conf": _manager(plan),
        "http.conf": _http(plan),
        "rtp.conf": _rtp(plan),
        "pjsip.conf": _pjsip(plan),
        "queues.conf": queues_file(plan),
        "extensions.conf": extensions(plan) + legs_context(plan),
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={plan.music.parent}\n",
        "cel.conf": f"[general]\n{cel_events()}",
        "cel_custom.conf": f"[mappings]\n{cel_mapping()}",
        "indications.conf": "[general]\ncountry=id\n[id]\ndescription=Indonesia\nring=425/1000,0/4000\n",
    }
    return {f"{name}.conf": "" for name in EMPTY_FILES} | {"cdr.conf": "[general]\nenable=no\n"} | written


def _asterisk(plan: PrivatePlan) -> str:
    work = plan.work
    return f"""[directories]
astetcdir => {work}/etc
astmoddir => {plan.modules}
astvarlibdir => {work}/lib
astdbdir => {work}/lib
astkeydir => {work}/lib
astdatadir => {work}/lib
astagidir => {work}/lib
astspooldir => {work}/spool
astrundir => {plan.run}
astlogdir => {work}/log
astcachedir => {work}/cache

[options]
nocolor = yes
languageprefix = yes
defaultlanguage = id
transmit_silence = no
documentation_language = en_US
live_dangerously = no
systemname = {plan.name}
"""


def _logger() -> str:
    """Warnings and errors only: verbose and dtmf lines would keep numbers and keys."""
    return """[general]
dateformat=%F %T.%3q
queue_log = yes
queue_log_to_file = yes
rotatestrategy = none
[logfiles]
messages = warning,error
"""


def _manager(plan: PrivatePlan) -> str:
    return f"""[general]
enabled = yes
port = {plan.ports.ami}
bindaddr = {LOOPBACK}
webenabled = no
displayconnects = no
timestampevents = yes
allowmultiplelogin = yes
authtimeout = 10
authlimit = 20
channelvars = HOTLINE_CALL

{managers(plan)}"""


def managers(plan: PbxPlan, *, by_name: bool = True, permit: str = LOOPBACK) -> str:
    """Our users of any PBX's manager, who may come from `permit` alone; a third where the office calls out.

    Before event filters knew a name, an expression looked at all headers.
    """
    form = "eventfilter(action(include),name({})) =\n" if by_name else "eventfilter = Event: {}[^A-Za-z]\n"
    filters = "".join(form.format(name) for name in EVENTS)
    return f"""; Reads events and snapshots; can change nothing.
[{READER}]
secret = {plan.reader_secret}
deny = 0.0.0.0/0.0.0.0
permit = {permit}/255.255.255.255
read = system,call,agent,user
write = reporting
writetimeout = 1000
{filters}
; Rings, pauses and hangs up; hears no events, cannot originate a call or run a command.
[{CONTROL}]
secret = {plan.control_secret}
deny = 0.0.0.0/0.0.0.0
permit = {permit}/255.255.255.255
read =
write = call,agent
writetimeout = 1000
{_dialler(plan, permit)}"""


def _dialler(plan: PbxPlan, permit: str) -> str:
    """Whoever may originate may call anywhere at the office's cost: so nobody does it but this one."""
    if plan.outward is None:
        return ""
    return f"""
; Begins the office's calls to citizens, in {OUTWARD}; hears no events, can do nothing else.
[{DIALLER}]
secret = {plan.dialler_secret}
deny = 0.0.0.0/0.0.0.0
permit = {permit}/255.255.255.255
read =
write = originate
writetimeout = 1000
"""


def _http(plan: PrivatePlan) -> str:
    """Only the browsers' phones come here: no status page, no version."""
    plain = f"""[general]
enabled=yes
enable_status=no
servername=hotline
bindaddr={LOOPBACK}
bindport={plan.ports.http}
"""
    if plan.certificate is None:
        return plain
    return f"""{plain}tlsenable=yes
tlsbindaddr={plan.listen}:{plan.ports.wss}
tlscertfile={plan.certificate}
tlsprivatekey={plan.certificate}
tlsdisablev1=yes
tlsdisablev11=yes
"""


def _rtp(plan: PrivatePlan) -> str:
    last = plan.ports.rtp_first + RTP_PORTS - 1
    general = f"[general]\nrtpstart={plan.ports.rtp_first}\nrtpend={last}\nicesupport=yes\nstrictrtp=yes\n"
    if not _has_one_address(plan):
        return general
    # Sound goes by the address that the pages are on, and by no other of this machine.
    return f"{general}ice_deny=0.0.0.0/0.0.0.0\nice_permit={plan.listen}/255.255.255.255\n"


def _has_one_address(plan: PbxPlan) -> bool:
    return plan.listen not in (LOOPBACK, EVERYWHERE)


def _pjsip(plan: PrivatePlan) -> str:
    # Phones are told apart by their user name first; the trunk, on the same address, comes last.
    head = f"""[global]
type=global
user_agent=hotline
endpoint_identifier_order=auth_username,username,ip
[transport-udp]
type=transport
protocol=udp
bind={LOOPBACK}:{plan.ports.sip}
[transport-ws]
type=transport
protocol=ws
bind={LOOPBACK}
{_wss(plan)}[{TRUNK}]
type=endpoint
identify_by=ip
transport=transport-udp
context={INBOUND}
disallow=all
allow=ulaw,alaw
direct_media=no
rtp_symmetric=yes
dtmf_mode=auto_info
trust_id_inbound=no
callerid=<{UNTOLD}>
language=id
aors={TRUNK}
[{TRUNK}]
type=aor
contact=sip:{LOOPBACK}:{plan.ports.network}
[{TRUNK}]
type=identify
endpoint={TRUNK}
match={LOOPBACK}
"""
    return head + legs_endpoint(plan) + "".join(_phone(plan, phone) for phone in plan.phones)


def _wss(plan: PbxPlan) -> str:
    if plan.certificate is None:
        return ""
    return f"[transport-wss]\ntype=transport\nprotocol=wss\nbind={plan.listen}\n"


def _phone(plan: PbxPlan, phone: Phone) -> str:
    context = AGENTS if phone.role == "agent" else INBOUND
    caller = phone.caller_number or phone.account
    bound = f"media_address={plan.listen}\nbind_rtp_to_media_address=yes\n" if _has_one_address(plan) else ""
    media = (
        f"webrtc=yes\ndtls_auto_generate_cert=yes\nallow=ulaw,opus\n{bound}"
        if phone.kind == "browser"
        else "transport=transport-udp\nallow=ulaw,alaw\n"
        "rtp_symmetric=yes\nforce_rport=yes\ndtmf_mode=auto_info\n"
    )
    return f"""[{phone.account}]
type=endpoint
context={context}
disallow=all
{media}direct_media=no
rewrite_contact=yes
language=id
auth={phone.account}
aors={phone.account}
callerid="{phone.account}" <{caller}>
device_state_busy_at=1
[{phone.account}]
type=auth
auth_type=userpass
username={phone.account}
password={phone.secret}
[{phone.account}]
type=aor
max_contacts=1
remove_existing=yes
default_expiration=300
"""


def queues_file(plan: PbxPlan) -> str:
    """`queues.conf` of a private PBX."""
    head = "[general]\npersistentmembers = no\nshared_lastcall = yes\nautofill = yes\n"
    return head + queue_sections(plan)


def queue_sections(plan: PbxPlan) -> str:
    """Our queues, for any PBX."""
    queues = ""
    for queue in plan.queues:
        queues += f"""[{queue.name}]
strategy = {queue.strategy}
timeout = {queue.ring_seconds}
retry = 1
wrapuptime = {queue.wrap_up_seconds}
servicelevel = {queue.service_level_seconds}
ringinuse = no
autopause = no
joinempty = yes
leavewhenempty = no
musicclass = default
context = {WAITING}
announce-position = limit
announce-position-limit = {LARGEST_PLACE}
announce-holdtime = no
announce-frequency = {queue.announce_seconds}
min-announce-frequency = {queue.announce_seconds}
periodic-announce-frequency = {queue.announce_seconds}
relative-periodic-announce = yes
periodic-announce = hotline/pilih-topik,hotline/tawar-telepon-kembali
queue-youarenext = hotline/urutan-pertama
queue-thereare = hotline/urutan
queue-callswaiting = hotline/jeda
queue-thankyou =
reportholdtime = no
timeoutpriority = app
timeoutrestart = no
"""
    return queues


def cel_events() -> str:
    """What channel event logging is to note, beside what an office has it note already."""
    return f"enable=yes\napps=queue,agi\nevents={CEL_EVENTS}\n"


def cel_mapping() -> str:
    """Channel events with microseconds and no caller's number: the second witness of every call."""
    fields = ("eventtype", "eventtime", "CHANNEL(uniqueid)", "CHANNEL(linkedid)", "CHANNEL(channame)",
              "CHANNEL(appname)", "eventextra", "CHANNEL(context)")  # fmt: skip
    values = ",".join(f"${{CSV_QUOTE(${{{field}}})}}" for field in fields)
    return f"{CEL_FILE} => {values}\n"
