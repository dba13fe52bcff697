"""`hotline tls`: the certificate by which pages and browser telephones are reached beyond this machine."""

import json
import re
import ssl
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_bridge.commands.speaking import Speaker, refusals, settings_or_exit
from agent_bridge.supervisor import Running
from config import certificate_files, certificates, own_authority
from config.certificates import RENEW_DAYS, BadCertificate, Certificate, check_time, examine
from config.clock import now
from config.errors import Conflict
from config.settings import Settings
from ivr.providers.asterisk.plan import LOOPBACK, RTP_HIGHEST, RTP_LOWEST

HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)
OWN_NAME, OWN_ADDRESS = certificates.OWN_NAMES

app = typer.Typer(no_args_is_help=True, help="Sertifikat TLS / The TLS certificate.")
Json = Annotated[bool, typer.Option("--json", help="untuk mesin / for machines")]


@app.command("self-signed")
def self_signed(
    name: Annotated[list[str] | None, typer.Option(help="nama host / a host's name")] = None,
    ip: Annotated[list[str] | None, typer.Option(help="alamat IP / an IP address")] = None,
    days: Annotated[int, typer.Option(min=1, max=own_authority.LONGEST_DAYS)] = own_authority.LONGEST_DAYS,
    again: Annotated[bool, typer.Option("--again", help="ganti yang berlaku / replace a valid one")] = False,
    as_json: Json = False,
) -> None:
    """Buat sertifikat sendiri / Make a certificate of our own."""
    settings = _settings()
    with refusals(settings):
        if not again:
            _refuse_over_a_valid_one(settings.tls_folder)
        names = dict.fromkeys((OWN_NAME, *(_host_name(one) for one in name or ())))
        addresses = dict.fromkeys((ip_address(OWN_ADDRESS), *(_address(one) for one in ip or ())))
        made = own_authority.make(list(names), list(addresses), days, now())
        pair = certificates.pair_of(made.certificate, made.key)
        certificate_files.put(settings.tls_folder, pair, made.authority)
        _tell(settings, examine(made.certificate, made.key), as_json)


@app.command("files")
def files(certificate: Path, key: Path, as_json: Json = False) -> None:
    """Pakai sertifikat dan kunci milik kantor / Take the office's own certificate and key."""
    settings = _settings()
    with refusals(settings):
        chain, secret = _text(certificate), _text(key)
        found = examine(chain, secret)
        check_time(found, now())
        _try_out(certificate, key)
        certificate_files.put(settings.tls_folder, certificates.pair_of(chain, secret), None)
        _tell(settings, found, as_json)


@app.command("show")
def show(as_json: Json = False) -> None:
    """Sertifikat yang dipakai; kode 1 bila kurang dari 14 hari / The one in use; 1 if under 14 days."""
    settings = _settings()
    try:
        found = certificate_files.read(settings.tls_folder)
    except BadCertificate as refusal:
        if as_json:
            text = refusal.text
            print(json.dumps({"certificate": None, "problem": {"id": text.id, "en": text.en}}))  # noqa: T201
            sys.exit(1)
        with refusals(settings):
            raise
    _tell(settings, found, as_json)
    if found.days_left(now()) < RENEW_DAYS:
        if not as_json:
            Speaker(settings.language)("[red]Segera perbarui.[/red]", "[red]Renew it soon.[/red]")
        sys.exit(1)


def tell_of_running(running: Running, tell: Speaker) -> None:
    """Where pages and sound are reached, for the firewall, and how long the certificate lasts."""
    assert running.certificate
    tell(f"  Halaman: {running.address}", f"  Pages: {running.address}")
    if running.plan and running.plan.listen != LOOPBACK:
        # Sound takes another part of the range at each start.
        sound, plan = f"UDP {RTP_LOWEST}-{RTP_HIGHEST - 1}", running.plan
        ports = (running.port, plan.ports.wss, *([plan.legs.port] if plan.legs else []))
        listed = ", ".join(f"TCP {port}" for port in ports)
        tell(f"  Buka di firewall: {listed}, {sound}", f"  Open in the firewall: {listed}, {sound}")
    days = running.certificate.days_left(now())
    if days < RENEW_DAYS:
        tell(f"  [red]Sertifikat tinggal {days} hari: hotline tls show[/red]",
             f"  [red]The certificate has {days} days left: hotline tls show[/red]")  # fmt: skip


def _settings() -> Settings:
    """The settings as they are without the `host` that only the certificate will allow."""
    return settings_or_exit(host=OWN_ADDRESS)


def _refuse_over_a_valid_one(folder: Path) -> None:
    try:
        found = certificate_files.read(folder)
        check_time(found, now())
    except BadCertificate:
        return
    raise Conflict(
        f"Sudah ada sertifikat, berlaku sampai {found.until:%d-%m-%Y}. Tambahkan --again untuk menggantinya.",
        f"There is a certificate already, valid until {found.until:%Y-%m-%d}. Add --again to replace it.",
    )


def _host_name(name: str) -> str:
    if not HOST_NAME.fullmatch(name.lower()):
        raise BadCertificate(
            f"'{name}' bukan nama host, misalnya hotline.kantor.go.id. Alamat IP ditulis dengan --ip.",
            f"'{name}' is no host's name, as hotline.kantor.go.id is. An IP address goes with --ip.",
        )
    return name.lower()


def _address(address: str) -> own_authority.Address:
    try:
        return ip_address(address)
    except ValueError:
        raise BadCertificate(f"'{address}' bukan alamat IP.", f"'{address}' is not an IP address.") from None


def _text(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise certificate_files.unreadable(file, fault) from None


def _try_out(certificate: Path, key: Path) -> None:
    """What OpenSSL itself would refuse at the next start is refused now."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as fault:
        raise BadCertificate(
            f"OpenSSL menolak sertifikat ini: {fault.reason}.", f"OpenSSL refuses this: {fault.reason}."
        ) from None


def _tell(settings: Settings, found: Certificate, as_json: bool) -> None:
    file = certificate_files.pair_in(settings.tls_folder)
    trusted = settings.tls_folder / certificate_files.AUTHORITY
    authority = trusted if trusted.exists() else None
    if as_json:
        print(json.dumps(_figures(found, file, authority), indent=2))  # noqa: T201 - it is the output
        return
    tell = Speaker(settings.language)
    names, days = ", ".join(found.names), found.days_left(now())
    tell(f"Sertifikat: {file}\n  nama: {names}\n  berlaku sampai {found.until:%d-%m-%Y} ({days} hari)\n"
         f"  penerbit: {found.issuer}\n  sidik jari SHA-256: {found.fingerprint}",
         f"Certificate: {file}\n  names: {names}\n  valid until {found.until:%Y-%m-%d} ({days} days)\n"
         f"  issuer: {found.issuer}\n  SHA-256 fingerprint: {found.fingerprint}")  # fmt: skip
    if authority:
        tell(f"Pasang sebagai penerbit tepercaya di setiap browser: {authority}",
             f"Have every browser trust this authority: {authority}")  # fmt: skip
        mark = _fingerprint_of(authority)
        tell(f"  sidik jari SHA-256: {mark}", f"  SHA-256 fingerprint: {mark}")
    tell("Halaman yang berjalan dengan TLS memakai pembaruan seketika; Asterisk pada start berikutnya.",
         "Pages that run by TLS take a renewal at once; Asterisk takes it at its next start.")  # fmt: skip


def _fingerprint_of(authority: Path) -> str:
    return certificates.fingerprint(certificates.read_chain(authority.read_bytes())[0])


def _figures(found: Certificate, file: Path | None, authority: Path | None) -> dict[str, Any]:
    return {
        "certificate": str(file),
        "names": found.names,
        "issuer": found.issuer,
        "fingerprint_sha256": found.fingerprint,
        "valid_from": found.since.isoformat(),
        "valid_until": found.until.isoformat(),
        "days_left": found.days_left(now()),
        "trust": str(authority) if authority else None,
        "trust_fingerprint_sha256": _fingerprint_of(authority) if authority else None,
    }
