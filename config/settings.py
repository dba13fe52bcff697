"""The settings of one installation: from the environment (`HOTLINE_...`), then from `hotline.toml`."""

import os
import secrets
import stat
from enum import StrEnum
from functools import cached_property
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from config import certificate_files, twilio
from config.certificates import BadCertificate
from config.errors import Language, Refused
from config.sms_gateway import LOOPBACK, faults_of_gateway, is_sealed

SETTINGS_FILE = Path("hotline.toml")
KEY_BYTES = 32


class UnsafeSettings(Refused):
    """The settings would put people's data at risk; the hotline does not start with them."""


class Profile(StrEnum):
    """What the installation is for; the two never share a folder, a key or a number."""

    PRACTICE = "latihan"
    PRODUCTION = "produksi"


class Settings(BaseSettings):
    """Everything that differs from one machine to another. Unset paths are found or made."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="forbid", frozen=True)

    profile: Profile = Profile.PRACTICE
    home: Path = Path(".hotline")
    language: Language = Language.INDONESIAN
    database_url: str = ""
    redis_url: str = ""
    parts: Path = Path("~/.cache/hotline/parts")
    asterisk: Path | None = None
    redis_server: Path | None = None
    sipp: Path | None = None
    chromium: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8065, ge=0, le=65535)
    keep_hours: bool | None = None
    line_number: str = Field(default="1500", pattern=r"^[0-9]{2,15}$")
    office: Path = Path(__file__).parent
    recordings: Path | None = None
    allow_wide_ami_rights: bool = False
    sms: Literal["", "none", "files", "gateway", "twilio"] = ""
    sms_url: str = ""
    sms_fields: dict[str, str] = Field(default_factory=dict)
    sms_json: bool = False
    sms_headers: dict[str, str] = Field(default_factory=dict)
    sms_token: SecretStr = SecretStr("")
    sms_token_file: Path | None = None
    sms_number_form: Literal["+62", "62", "0"] = "+62"
    sms_expect: str = ""
    sms_refuses: str = ""
    sms_knows_keys: bool = False
    public_url: str = Field(default="", max_length=60)
    probe_host: str = ""
    probe_port: int = Field(default=5060, ge=1, le=65535)
    probe_dial: str = Field(default="", pattern=r"^[0-9+*#]*$")
    probe_number: str = Field(default="0310000000", pattern=r"^\+?[0-9]{6,15}$")
    probe_account: str = Field(default="", pattern=r"^[\w.+-]*$")
    probe_secret: SecretStr = SecretStr("")
    pbx: Literal["private", "own", "twilio"] = "private"
    ami_host: str = "127.0.0.1"
    ami_port: int = Field(default=5038, ge=1, le=65535)
    ami_ca: Path | None = None
    agi_port: int = Field(default=4573, ge=1, le=65535)
    pbx_folder: Path = Path("/etc/asterisk")
    pbx_logs: Path = Path("/var/log/asterisk")
    twilio_account: str = Field(default="", pattern=twilio.ACCOUNT)
    twilio_token: SecretStr = SecretStr("")
    twilio_token_file: Path | None = None
    twilio_next_token: SecretStr = SecretStr("")
    twilio_next_token_file: Path | None = None
    twilio_number: str = Field(default="", pattern=twilio.NUMBER)
    twilio_url: str = ""
    twilio_phones: dict[str, str] = Field(default_factory=dict)
    twilio_sip: str = Field(default="", pattern=twilio.SIP)
    twilio_fallback_number: str = Field(default="", pattern=twilio.NUMBER)
    twilio_fallback_url: str = ""
    twilio_sms_from: str = Field(default="", pattern=twilio.SMS_SENDER)
    twilio_messaging_service: str = Field(default="", pattern=twilio.SERVICE)
    twilio_whatsapp_from: str = Field(default="", pattern=twilio.NUMBER)
    twilio_whatsapp_template: str = Field(default="", pattern=twilio.TEMPLATE)

    @field_validator(
        "parts",
        "home",
        "office",
        "recordings",
        "ami_ca",
        "pbx_folder",
        "pbx_logs",
        "sms_token_file",
        "twilio_token_file",
        "twilio_next_token_file",
    )
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @model_validator(mode="after")
    def _beyond_loopback_only_by_tls(self) -> "Settings":
        if not self.is_beyond_loopback:
            return self
        if self.is_practice:
            raise ValueError(
                f"host={self.host}: profil latihan hanya di 127.0.0.1 / "
                "the practice profile is on 127.0.0.1 only"
            )
        try:
            IPv4Address(self.host)
            certificate_files.read(self.tls_folder).check_outside_names()
        except AddressValueError:
            raise ValueError(
                f"host={self.host}: tulis alamat IPv4 komputer ini, atau 0.0.0.0 untuk semua / "
                "write an IPv4 address of this machine, or 0.0.0.0 for all"
            ) from None
        except BadCertificate as refusal:
            raise ValueError(
                f"host={self.host}: hanya 127.0.0.1 tanpa TLS. {refusal.text.id} / "
                f"only 127.0.0.1 is allowed without TLS. {refusal.text.en}"
            ) from None
        return self

    @model_validator(mode="after")
    def _sealed_manager(self) -> "Settings":
        if self.ami_host not in LOOPBACK and self.ami_ca is None:
            raise ValueError(
                f"ami_host={self.ami_host}: AMI di komputer lain hanya lewat TLS; isi ami_ca dengan berkas "
                "CA-nya / a manager on another machine is reached by TLS only; set ami_ca to its CA file"
            )
        return self

    @model_validator(mode="after")
    def _sealed_gateway(self) -> "Settings":
        if self.sms == "gateway":
            for wrong in faults_of_gateway(self):
                raise ValueError(f"{wrong.id} / {wrong.en}")
        return self

    @model_validator(mode="after")
    def _complete_at_twilio(self) -> "Settings":
        for wrong in twilio.faults_of_twilio(self):
            raise ValueError(f"{wrong.id} / {wrong.en}")
        return self

    @field_validator("twilio_url")
    @classmethod
    def _without_end(cls, url: str) -> str:
        return url.removesuffix("/")

    @field_validator("public_url")
    @classmethod
    def _public(cls, url: str) -> str:
        if url and not is_sealed(url):
            raise ValueError(
                "alamat untuk warga dimulai dengan https:// / the address for citizens begins with https://"
            )
        return url.removesuffix("/")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **more: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file."""
        known = (more["init_settings"], more["env_settings"])
        return (*known, TomlConfigSettingsSource(settings_cls, SETTINGS_FILE))

    @property
    def folder(self) -> Path:
        """This profile's own folder, for its owner's eyes only."""
        folder = self.home / self.profile.value
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def is_beyond_loopback(self) -> bool:
        """Whether other machines may reach the pages and the browsers' telephones."""
        return self.host not in LOOPBACK

    @property
    def listen(self) -> str:
        """The IPv4 address to listen on; whatever it is, 127.0.0.1 is listened on too."""
        return self.host if self.is_beyond_loopback else "127.0.0.1"

    @property
    def tls_folder(self) -> Path:
        """Where this profile's certificate stands, if there is one."""
        return self.home / self.profile.value / "tls"

    @property
    def ledger_url(self) -> str:
        """Where the ledger stands; a SQLite file in the profile's folder unless set."""
        return self.database_url or f"sqlite:///{self.folder / 'ledger.sqlite3'}"

    @property
    def is_practice(self) -> bool:
        """Whether nothing that happens here is real."""
        return self.profile is Profile.PRACTICE

    @property
    def sms_by(self) -> str:
        """By what text messages go: a file each while practising, nothing in production until it is set."""
        return self.sms or ("files" if self.is_practice else "none")

    @cached_property
    def sms_secret(self) -> str:
        """What the gateway knows us by; raises UnsafeSettings where its file is missing or open."""
        if self.sms_token_file is None:
            return self.sms_token.get_secret_value()
        return _secret(self.sms_token_file)

    @property
    def dialled_number(self) -> str:
        """The number citizens dial."""
        return self.twilio_number if self.pbx == "twilio" else self.line_number

    @property
    def twilio_address(self) -> str:
        """Where Twilio reaches us; empty where that is not said."""
        return self.twilio_url or (self.public_url if twilio.is_origin(self.public_url) else "")

    @cached_property
    def twilio_tokens(self) -> tuple[str, ...]:
        """The account's Auth Token, and the next one while they are rotated; raises UnsafeSettings."""
        current = self.twilio_token.get_secret_value(), self.twilio_token_file
        following = self.twilio_next_token.get_secret_value(), self.twilio_next_token_file
        given = [_secret(file) if file else value for value, file in (current, following)]
        return tuple(token for token in given if token)

    def check_secrets(self) -> None:
        """Raises UnsafeSettings where a file with a secret is missing, or open to others."""
        if "twilio" in (self.pbx, self.sms):
            _ = self.twilio_tokens
        if self.sms == "gateway":
            _ = self.sms_secret

    @property
    def keeps_hours(self) -> bool:
        """Whether the office's hours hold; in practice the line is open round the clock unless told."""
        return not self.is_practice if self.keep_hours is None else self.keep_hours

    @cached_property
    def office_key(self) -> bytes:
        """The key that wraps every person's key; made on the first start."""
        return _key(self.folder / "keys" / "office.key")

    @cached_property
    def manager_secrets(self) -> tuple[str, str, str]:
        """What our reading, controlling and dialling users log in with at the office's own PBX; made once."""
        names = ("reader", "control", "dialler")
        reader, control, dialler = (_key(self.folder / "keys" / f"ami-{name}.key").hex() for name in names)
        return reader, control, dialler

    @cached_property
    def index_key(self) -> bytes:
        """The key of the blind index; made on the first start, never kept in a back-up of the ledger."""
        return _key(self.folder / "keys" / "index.key")


def _key(file: Path) -> bytes:
    """The key in `file`, made once; a file others can read is refused."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        _refuse_if_open_to_others(file)
        return bytes.fromhex(file.read_text().strip())
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(handle, "w") as out:
        out.write(key.hex())
        out.flush()
        os.fsync(out.fileno())
    return key


def _secret(file: Path) -> str:
    """A secret that somebody put into `file`; one that others can read is refused."""
    try:
        _refuse_if_open_to_others(file)
        if secret := file.read_text().strip():
            return secret
    except OSError:
        pass
    raise UnsafeSettings(
        f"{file} tidak dapat dibaca, atau kosong. Buat berkas itu, isinya kunci rahasianya saja.",
        f"{file} cannot be read, or is empty. Make that file, with nothing but the secret in it.",
    )


def _refuse_if_open_to_others(file: Path) -> None:
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UnsafeSettings(
            f"Kunci {file} dapat dibaca orang lain. Jalankan: chmod 600 {file}",
            f"The key {file} can be read by others. Run: chmod 600 {file}",
        ) from None
