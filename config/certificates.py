"""What makes a certificate fit to serve pages and telephones by. Pure: PEM text in, a verdict out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from config.errors import Refused

RENEW_DAYS = 14
"""With fewer days left the office is told to renew: a letter of request takes about that long."""
RSA_BITS = 2048
"""OpenSSL, as Debian sets it up, loads no shorter RSA key."""
OWN_NAMES = ("localhost", "127.0.0.1")


class BadCertificate(Refused):
    """The certificate, its key or its chain cannot be used; the text says what to bring instead."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in a few words. `until` is the first end in the whole chain."""

    fingerprint: str
    """SHA-256, as browsers show it."""
    names: tuple[str, ...]
    issuer: str
    since: datetime
    until: datetime

    def days_left(self, at: datetime) -> int:
        """Whole days until it ends; negative once it has."""
        return (self.until - at) // timedelta(days=1)

    @property
    def outside_names(self) -> tuple[str, ...]:
        """The names by which other machines reach this one."""
        return tuple(name for name in self.names if name not in OWN_NAMES)

    def check_outside_names(self) -> None:
        """Raises BadCertificate where other machines' browsers would refuse it for its names."""
        if not self.outside_names:
            raise BadCertificate(
                "Sertifikat hanya memuat nama komputer ini sendiri. Jalankan: "
                "hotline tls self-signed --again --name NAMA --ip ALAMAT",
                "The certificate holds this machine's own names only. Run: "
                "hotline tls self-signed --again --name NAME --ip ADDRESS",
            )


def examine(chain_pem: bytes, key_pem: bytes) -> Certificate:
    """The certificate, once key, order and names are right; raises BadCertificate. Says nothing of time."""
    chain = read_chain(chain_pem)
    _check_key(chain, key_pem)
    _check_order(chain)
    _check_use(chain[0])
    return _described(chain)


def check_time(certificate: Certificate, at: datetime) -> None:
    """Raises BadCertificate where it is not valid at `at`."""
    if at > certificate.until:
        raise BadCertificate(
            f"Sertifikat (atau salah satu penerbitnya) kedaluwarsa sejak {certificate.until:%d-%m-%Y}. "
            "Mintalah yang baru.",
            f"The certificate (or one of its issuers) expired on {certificate.until:%Y-%m-%d}. "
            "Ask for a new one.",
        )
    if at < certificate.since:
        raise BadCertificate(
            f"Sertifikat baru berlaku mulai {certificate.since:%d-%m-%Y %H:%M} UTC. "
            "Periksa jam komputer ini.",
            f"The certificate is valid only from {certificate.since:%Y-%m-%d %H:%M} UTC. "
            "Check this machine's clock.",
        )


def read_chain(chain_pem: bytes) -> list[x509.Certificate]:
    """Every certificate in the text, in its order; raises BadCertificate."""
    try:
        return x509.load_pem_x509_certificates(chain_pem)
    except ValueError:
        raise BadCertificate(
            "Berkas sertifikat bukan PEM: harus ada baris -----BEGIN CERTIFICATE-----. "
            "Dari DER: openssl x509 -inform der -in BERKAS -out sertifikat.pem",
            "The certificate's file is not PEM: it must have a line -----BEGIN CERTIFICATE-----. "
            "From DER: openssl x509 -inform der -in FILE -out certificate.pem",
        ) from None


def pair_of(chain_pem: bytes, key_pem: bytes) -> bytes:
    """Chain and key as one text, without whatever else stood in the files."""
    key = serialization.load_pem_private_key(key_pem, password=None)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return b"".join(one.public_bytes(Encoding.PEM) for one in read_chain(chain_pem)) + secret


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in pairs, as browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _check_key(chain: Sequence[x509.Certificate], key_pem: bytes) -> None:
    own = _public_key(key_pem)
    if own == _spki(chain[0]):
        return
    if any(own == _spki(other) for other in chain[1:]):
        raise BadCertificate(
            "Urutan sertifikat salah: sertifikat server harus yang pertama, lalu penerbitnya.",
            "The certificates are in the wrong order: the server's must come first, then its issuers.",
        )
    raise BadCertificate(
        "Kunci ini bukan pasangan sertifikat itu. Berikan kunci yang dipakai saat memintanya.",
        "This key does not belong to that certificate. Give the key it was requested with.",
    )


def _public_key(key_pem: bytes) -> bytes:
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except TypeError:
        raise BadCertificate(
            "Kunci terkunci kata sandi. Buka dahulu: openssl pkey -in KUNCI -out kunci-terbuka.pem",
            "The key is locked by a password. Unlock it first: openssl pkey -in KEY -out open-key.pem",
        ) from None
    except ValueError:
        raise BadCertificate(
            "Berkas kunci bukan kunci PEM: harus ada baris -----BEGIN ... PRIVATE KEY-----.",
            "The key's file is not a PEM key: it must have a line -----BEGIN ... PRIVATE KEY-----.",
        ) from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < RSA_BITS:
        raise BadCertificate(
            f"Kunci RSA {key.key_size} bit terlalu pendek; paling sedikit {RSA_BITS} bit.",
            f"An RSA key of {key.key_size} bits is too short; {RSA_BITS} bits at least.",
        )
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_order(chain: Sequence[x509.Certificate]) -> None:
    for place, (lower, upper) in enumerate(pairwise(chain), start=2):
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature):
            raise BadCertificate(
                f"Sertifikat ke-{place} dalam berkas tidak menerbitkan yang sebelumnya. "
                "Urutannya: server, penerbit antara, lalu (bila ada) akar.",
                f"Certificate {place} in the file did not issue the one before it. "
                "The order is: server, intermediates, then (if at all) the root.",
            ) from None


def _check_use(leaf: x509.Certificate) -> None:
    if not _names(leaf):
        raise BadCertificate(
            "Sertifikat tidak memuat nama (subjectAltName), jadi browser menolaknya. Minta dengan nama host.",
            "The certificate holds no names (subjectAltName), so browsers refuse it. "
            "Ask for one with the host's name.",
        )
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses):
        raise BadCertificate(
            "Sertifikat ini bukan untuk server (extendedKeyUsage tanpa serverAuth).",
            "This certificate is not for servers (extendedKeyUsage without serverAuth).",
        )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(ip_address(str(one))) for one in held.get_values_for_type(x509.IPAddress))
    return (*held.get_values_for_type(x509.DNSName), *addresses)


def _described(chain: Sequence[x509.Certificate]) -> Certificate:
    return Certificate(
        fingerprint=fingerprint(chain[0]),
        names=_names(chain[0]),
        issuer=chain[0].issuer.rfc4514_string(),
        since=max(one.not_valid_before_utc for one in chain),
        until=min(one.not_valid_after_utc for one in chain),
    )
