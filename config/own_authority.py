"""A certificate of our own making: a small authority that signs once, for these names only, and is gone.

The authority's key is never written down, and its certificate is bound to the names: whoever trusts it
trusts this hotline and nothing else, even if the machine is stolen. A renewal makes a new authority.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LONGEST_DAYS = 825
"""Apple's systems refuse a longer certificate, also from an authority that was added by hand."""
CLOCKS_APART = timedelta(hours=1)
"""How far an agent's clock may be behind ours on the day the certificate is made."""


Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Made:
    """PEM texts: the server's certificate, its key, and the authority that browsers are to trust."""

    certificate: bytes
    key: bytes
    authority: bytes


def make(names: Sequence[str], addresses: Sequence[Address], days: int, at: datetime) -> Made:
    """A certificate for the names and addresses, valid for `days` from `at`."""
    held: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    held += [x509.IPAddress(address) for address in addresses]
    bounds: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    bounds += [x509.IPAddress(_alone(address)) for address in addresses]
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    # A name of its own, so that the authority of a renewal is not taken for its forerunner.
    root_name = _name(f"Hotline {at:%Y-%m-%d} {secrets.token_hex(2)}")
    root = (
        _begun(root_name, root_name, root_key.public_key(), days, at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=bounds, excluded_subtrees=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _begun(_name("hotline"), root_name, key.public_key(), days, at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(held), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Made(leaf.public_bytes(Encoding.PEM), key_pem, root.public_bytes(Encoding.PEM))


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int, at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCKS_APART)
        .not_valid_after(at - CLOCKS_APART + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alone(address: Address) -> IPv4Network | IPv6Network:
    return IPv4Network(address) if isinstance(address, IPv4Address) else IPv6Network(address)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
