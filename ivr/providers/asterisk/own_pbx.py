"""What an office's own Asterisk needs of us, for its style and version. Pure: a plan in, file texts out.

A plain Asterisk gets files of ours and one #include line in each of its own. FreePBX writes its files
anew whenever it likes, and leaves alone those that end in `_custom.conf`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from config.errors import Refused
from config.trunks import Trunk, Trunks
from ivr.providers.asterisk.configuration import cel_events, cel_mapping, managers, queue_sections
from ivr.providers.asterisk.dialplan import INBOUND, UNTOLD, contexts
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan

Style = Literal["plain", "freepbx"]
STYLES: tuple[Style, ...] = ("plain", "freepbx")
FILTERS_BY_NAME_SINCE = {18: 26, 20: 11, 21: 6, 22: 1}
"""The first minor release of each branch whose event filters know a name."""
PJSIP_KINDS = ("endpoint", "aor", "identify", "auth", "registration")
TextOf = Callable[[str], str | None]


class UnknownVersion(Refused):
    """No Asterisk that the hotline writes files for."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"Versi Asterisk '{version}' tidak dikenal. Tulis misalnya 20, 20.9 atau 22.",
            f"The Asterisk version '{version}' is not known. Write for example 20, 20.9 or 22.",
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What the files are for. `permit` is the address the hotline's machine has for the PBX."""

    style: Style = "plain"
    version: str = "22"
    permit: str = LOOPBACK


def filters_by_name(version: str) -> bool:
    """Whether this Asterisk's event filters know names; a bare 20 is taken for its first.

    Raises UnknownVersion.
    """
    found = re.fullmatch(r"(18|20|21|22|23)(?:\.(\d+))?(?:\.\d+)*", version)
    if found is None:
        raise UnknownVersion(version)
    major = int(found[1])
    minor = int(found[2]) if found[2] else int(major >= 22)
    return minor >= FILTERS_BY_NAME_SINCE.get(major, 0)


def files(plan: PbxPlan, trunks: Trunks, target: Target, text_of: TextOf) -> dict[str, str]:
    """What goes into which file; `text_of` gives a file of the PBX without our lines.

    Raises UnknownVersion.
    """
    lines = dict.fromkeys(line for trunk in trunks.trunks.values() for line in trunk.lines)
    users = managers(plan, by_name=filters_by_name(target.version), permit=target.permit)
    manager = _section("general", text_of("manager.conf")) + _told(text_of)
    bodies = {
        "extensions": contexts(plan, lines),
        "queues": queue_sections(plan),
        "cel": _section("general", text_of("cel.conf")) + cel_events(),
        "cel_custom": _section("mappings", text_of("cel_custom.conf")) + cel_mapping(),
    }
    parts = _pjsip(trunks.trunks)
    if target.style == "freepbx":
        return _in_custom_files(bodies | {"manager": manager + users}, parts)
    bodies |= {"manager": manager + _listening(plan, text_of) + users, "pjsip": "".join(parts.values())}
    ours = {f"hotline_{name}.conf": text for name, text in bodies.items() if text}
    return ours | {f"{name}.conf": f"#include hotline_{name}.conf\n" for name, text in bodies.items() if text}


def _in_custom_files(bodies: dict[str, str], parts: dict[str, str]) -> dict[str, str]:
    """The files FreePBX includes and never writes; `cel_custom.conf` is Asterisk's own, by its name."""
    names = {"cel": "cel_general_custom.conf", "cel_custom": "cel_custom.conf"}
    written = {names.get(name, f"{name}_custom.conf"): text for name, text in bodies.items()}
    return written | {f"pjsip.{kind}_custom.conf": text for kind, text in parts.items() if text}


def _section(name: str, here: str | None) -> str:
    """The head of a section: added to where the PBX has it already."""
    there = here is not None and re.search(rf"(?m)^\s*\[{name}\]", here) is not None
    return f"[{name}](+)\n" if there else f"[{name}]\n"


def _listening(plan: PbxPlan, text_of: TextOf) -> str:
    """The manager is switched on; where it listens stays as the office has it, else on loopback."""
    here = text_of("manager.conf") or ""
    wanted = {"bindaddr": LOOPBACK, "port": plan.ports.ami}
    lacking = {name: value for name, value in wanted.items() if not _setting(name, here)}
    return "enabled = yes\n" + "".join(f"{name} = {value}\n" for name, value in lacking.items())


def _setting(name: str, text: str) -> list[str]:
    """Every value a file gives a setting; for Asterisk the last counts."""
    return [found.strip() for found in re.findall(rf"(?m)^\s*{name}\s*=>?\s*([^;\n]*)", text)]


def _told(text_of: TextOf) -> str:
    """Every event says when, and names our variable beside those the office asked for."""
    files = ("manager.conf", "manager_additional.conf", "manager_custom.conf")
    asked = [value for name in files for value in _setting("channelvars", text_of(name) or "")]
    variables = [one.strip() for one in asked[-1].split(",")] if asked else []
    return f"timestampevents = yes\nchannelvars = {','.join(dict.fromkeys([*variables, 'HOTLINE_CALL']))}\n"


def _pjsip(trunks: Mapping[str, Trunk]) -> dict[str, str]:
    """Each kind of PJSIP section; none lets an unknown address in."""
    text = dict.fromkeys(PJSIP_KINDS, "")
    for trunk in trunks.values():
        for kind, lines in _of_trunk(trunk).items():
            text[kind] += lines
    return text


def endpoint_of(trunk: Trunk) -> str:
    """The PJSIP endpoint of a trunk."""
    return f"hotline-{trunk.name}"


def _of_trunk(trunk: Trunk) -> dict[str, str]:
    name = endpoint_of(trunk)
    # An operator that registers us lets only its customer call.
    proof = f"outbound_auth={name}\nfrom_user={trunk.user}\n" if trunk.dial and trunk.user else ""
    header = "" if trunk.caller_from == "From" else f"set_var=HOTLINE_FROM={trunk.caller_from}\n"
    sources = ",".join(trunk.match or (trunk.server.partition(":")[0],))
    made = {
        # The channel begins without a caller's number: the dialplan reads it where it is trusted.
        "endpoint": f"[{name}]\ntype=endpoint\nidentify_by=ip\ncontext={INBOUND}\ndisallow=all\n"
        f"allow={','.join(trunk.codecs)}\ndirect_media=no\nrtp_symmetric=yes\ndtmf_mode=auto_info\n"
        f"trust_id_inbound=no\ncallerid=<{UNTOLD}>\nlanguage=id\naors={name}\n{header}{proof}",
        "aor": f"[{name}]\ntype=aor\ncontact=sip:{trunk.server}\nqualify_frequency=60\n",
        "identify": f"[{name}]\ntype=identify\nendpoint={name}\nmatch={sources}\n",
    }
    if trunk.user:
        made["auth"] = (
            f"[{name}]\ntype=auth\nauth_type=userpass\nusername={trunk.user}\npassword={trunk.secret}\n"
        )
        made["registration"] = (
            f"[{name}]\ntype=registration\noutbound_auth={name}\nserver_uri=sip:{trunk.server}\n"
            f"client_uri=sip:{trunk.user}@{trunk.server}\ncontact_user={trunk.lines[0]}\n"
            "retry_interval=20\nexpiration=300\n"
        )
    return made
