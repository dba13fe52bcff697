"""An office's Asterisk as its administrator left it: phones, a queue and a dialplan of its own."""

import asyncio
import hashlib
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_bridge import parts
from agent_bridge.pbx_plan import plan_pbx
from config.office import OFFICE_FOLDER
from config.settings import Settings
from ivr.providers.asterisk import private_pbx
from ivr.providers.asterisk.configuration import MODULES, files
from ivr.providers.asterisk.plan import PrivatePlan
from ivr.providers.asterisk.private_pbx import PrivatePbx

OPERATOR = "127.0.0.2"
"""Where the operator with registration is; the other one calls from 127.0.0.1."""
PHONE = """[{0}]
type=endpoint
context=kantor
disallow=all
allow=ulaw
direct_media=no
rewrite_contact=yes
aors={0}
auth={0}
[{0}]
type=auth
auth_type=userpass
username={0}
password=kantor
[{0}]
type=aor
max_contacts=1
remove_existing=yes
"""
EXTENSIONS = """[general]
static=yes
[kantor]
exten => 700,1,Answer()
 same => n,Queue(umum,,,,20)
 same => n,Hangup()
"""
TRUNKS = """trunks:
  alamat:
    server: 127.0.0.1
    match: [127.0.0.1]
    codecs: [ulaw]
    caller_from: From
    lines: ["1500"]
  daftar:
    server: {0}:{1}
    user: "0315920000"
    secret_env: TRUNK_SECRET
    codecs: [ulaw]
    caller_from: P-Asserted-Identity
    lines: ["0315920000"]
desk_phones: ["1001", "1003"]
"""


class Operator(asyncio.DatagramProtocol):
    """The registrar of a telephone company: asks for proof once, and remembers who gave it."""

    def __init__(self) -> None:
        self.registered: list[str] = []
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        text = data.decode()
        headers = re.findall(r"(?m)^(?:Via|From|To|Call-ID|CSeq|Contact):.*$", text.replace("\r", ""))
        proof = re.search(r'response="(\w+)"', text)
        if text.startswith("OPTIONS"):
            status = "200 OK"
        elif proof and proof[1] == self._expected(text):
            status = "200 OK"
            self.registered.append(re.search(r"Contact: <sip:(\w+)@", text)[1])  # type: ignore[index]
        else:
            status = "401 Unauthorized"
            headers.append('WWW-Authenticate: Digest realm="operator", nonce="n1"')
        answer = "\r\n".join([f"SIP/2.0 {status}", *headers, "Expires: 300", "Content-Length: 0", "", ""])
        self._transport.sendto(answer.encode(), address)

    def _expected(self, text: str) -> str:
        uri = re.search(r'uri="([^"]+)"', text)
        what = _md5(f"REGISTER:{uri[1]}" if uri else "")
        return _md5(f"{_md5('0315920000:operator:hush-hush')}:n1:{what}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class OfficePbx:
    """The office's machine: an Asterisk whose files this test wrote as an administrator would have."""

    def __init__(self, home: Path, operator_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        plain = Settings(home=home / "unused")
        program, plan = parts.find("asterisk", plain), plan_pbx(plain)
        assert program
        assert isinstance(plan, PrivatePlan)
        self.plan = replace(plan, work=home / "pbx", run=home / "pbx" / "run", sounds=home / "pbx" / "sounds")
        self.etc = self.plan.work / "etc"
        self.sip_port = plan.ports.sip
        office = home / "office"
        shutil.copytree(OFFICE_FOLDER, office, ignore=shutil.ignore_patterns("__pycache__"))
        (office / "trunks.yaml").write_text(TRUNKS.format(OPERATOR, operator_port))
        self.environment = {
            "HOTLINE_HOME": str(home / "hl"),
            "HOTLINE_OFFICE": str(office),
            "HOTLINE_PORT": "0",
            "HOTLINE_PBX": "own",
            "HOTLINE_AMI_PORT": str(plan.ports.ami),
            "HOTLINE_AGI_PORT": str(plan.ports.agi),
            "HOTLINE_PBX_FOLDER": str(self.etc),
            "HOTLINE_PBX_LOGS": str(self.plan.work / "log"),
            "TRUNK_SECRET": "hush-hush",
        }
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        self._write()
        # From here on its files are its administrator's, and the hotline's by its own command.
        monkeypatch.setattr(private_pbx, "files", lambda _plan: {})
        reader, control, dialler = Settings().manager_secrets
        secrets = {"reader_secret": reader, "control_secret": control, "dialler_secret": dialler}
        self.plan = replace(self.plan, **secrets)
        self.pbx = PrivatePbx(program, self.plan)

    def contents(self) -> dict[str, bytes]:
        """Every file of its configuration and what is in it."""
        return {file.name: file.read_bytes() for file in self.etc.iterdir()}

    def _write(self) -> None:
        self.etc.mkdir(parents=True)
        self.plan.sounds.mkdir()
        texts = files(self.plan)
        modules = (*MODULES, "res_pjsip_outbound_registration", "res_pjsip_outbound_authenticator_digest")
        texts |= {
            "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in modules),
            "extensions.conf": EXTENSIONS,
            "queues.conf": "[general]\npersistentmembers = no\n[umum]\nstrategy = ringall\n",
            "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {self.plan.ports.ami}\n",
            "pjsip.conf": self._phones(),
            "cel.conf": "[general]\nenable = no\n",
        }
        texts.pop("cel_custom.conf")
        for name, text in texts.items():
            (self.etc / name).write_text(text)
            (self.etc / name).chmod(0o640)

    def _phones(self) -> str:
        head = (
            "[global]\ntype=global\nendpoint_identifier_order=auth_username,username,ip\n"
            f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{self.sip_port}\n"
        )
        return (
            head
            + PHONE.format("1001")
            + PHONE.format("1003")
            + PHONE.format("1002").replace("auth=1002\n", "")
        )
