"""Certificates: what cannot serve is refused in words, what can is described and kept for its owner alone."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import ValidationError

from config import certificate_files
from config.certificates import BadCertificate, check_time, examine, pair_of
from config.own_authority import Made, make
from config.settings import Profile, Settings

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HOST = "hotline.kantor.example"


def made(days: int = 90, *names: str) -> Made:
    return make(["localhost", *(names or (HOST,))], [ip_address("127.0.0.1")], days, AT)


def bare(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *extensions: x509.ExtensionType) -> bytes:
    """A certificate with nothing but these extensions, signed by its own key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(AT).not_valid_after(AT + timedelta(days=9))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


def test_one_of_our_own_names_this_machine_and_the_office_and_ends_when_it_says():
    own = made(90)

    found = examine(own.certificate + own.authority, own.key)

    assert found.names == ("localhost", HOST, "127.0.0.1")
    assert found.outside_names == (HOST,)
    assert found.days_left(AT) == 89
    check_time(found, AT)


def test_the_authority_vouches_for_these_names_only_and_its_key_is_nowhere():
    own = made()

    authority = x509.load_pem_x509_certificate(own.authority)
    bounds = authority.extensions.get_extension_for_class(x509.NameConstraints)
    leaf = x509.load_pem_x509_certificate(own.certificate)

    assert bounds.critical
    assert [str(one.value) for one in bounds.value.permitted_subtrees or ()] == [
        "localhost", HOST, "127.0.0.1/32",
    ]  # fmt: skip
    assert leaf.public_key() != authority.public_key()
    assert own.key.count(b"BEGIN") == 1


@pytest.mark.parametrize(
    ("at", "word"), [(AT + timedelta(days=91), "kedaluwarsa"), (AT - timedelta(days=1), "baru berlaku")]
)
def test_one_that_is_not_valid_now_is_refused_in_words(at: datetime, word: str):
    own = made(90)

    with pytest.raises(BadCertificate) as refusal:
        check_time(examine(own.certificate, own.key), at)

    assert word in refusal.value.text.id


def test_an_issuer_that_ends_first_ends_the_chain():
    own, later = made(10), made(400)
    chain = own.certificate + own.authority

    assert examine(chain, own.key).until == examine(own.certificate, own.key).until
    assert examine(later.certificate, later.key).until > examine(chain, own.key).until


FOREIGN, OWN = made(), made()
KEY, SHORT = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)
NAMED = x509.SubjectAlternativeName([x509.DNSName(HOST)])
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


@pytest.mark.parametrize(
    ("chain", "key", "indonesian", "english"),
    [
        (OWN.certificate, FOREIGN.key, "bukan pasangan", "does not belong"),
        (OWN.authority + OWN.certificate, OWN.key, "harus yang pertama", "must come first"),
        (OWN.certificate + FOREIGN.authority, OWN.key, "ke-2", "Certificate 2"),
        (b"\x30\x82", OWN.key, "bukan PEM", "not PEM"),
        (OWN.certificate, b"rahasia", "bukan kunci PEM", "not a PEM key"),
        (OWN.certificate, pem(KEY, b"sandi"), "kata sandi", "password"),
        (bare(SHORT, NAMED), pem(SHORT), "terlalu pendek", "too short"),
        (bare(KEY), pem(KEY), "subjectAltName", "subjectAltName"),
        (bare(KEY, NAMED, CLIENT), pem(KEY), "bukan untuk server", "not for servers"),
    ],
    ids=[
        "mismatched",
        "wrong-order",
        "broken-chain",
        "der",
        "no-key",
        "locked",
        "short",
        "nameless",
        "client",
    ],
)
def test_what_cannot_serve_is_refused_in_both_languages(
    chain: bytes, key: bytes, indonesian: str, english: str
):
    with pytest.raises(BadCertificate) as refusal:
        examine(chain, key)

    assert indonesian in refusal.value.text.id
    assert english in refusal.value.text.en


def test_the_pair_is_kept_in_one_file_that_only_its_owner_may_read(tmp_path: Path):
    own, folder = made(), tmp_path / "tls"

    file = certificate_files.put(folder, pair_of(own.certificate, own.key), own.authority)

    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert certificate_files.read(folder).names == ("localhost", HOST, "127.0.0.1")
    assert (folder / certificate_files.AUTHORITY).read_bytes() == own.authority
    file.chmod(0o640)
    with pytest.raises(BadCertificate, match="chmod 600"):
        certificate_files.read(folder)


def test_the_offices_own_pair_leaves_no_authority_of_ours_behind(tmp_path: Path):
    own = made()
    certificate_files.put(tmp_path, pair_of(own.certificate, own.key), own.authority)

    certificate_files.put(tmp_path, pair_of(own.certificate, own.key), None)

    assert sorted(file.name for file in tmp_path.iterdir()) == [certificate_files.PAIR]


def test_beyond_loopback_a_certificate_that_names_the_office_is_asked_for(tmp_path: Path):
    def beyond(host: str = "0.0.0.0") -> Settings:
        return Settings(home=tmp_path, profile=Profile.PRODUCTION, host=host)

    with pytest.raises(ValidationError, match="hotline tls self-signed"):
        beyond()
    for names, refused in (((), True), ((HOST,), False)):
        own = make(["localhost", *names], [], 90, AT)
        certificate_files.put(tmp_path / "produksi" / "tls", pair_of(own.certificate, own.key), own.authority)
        if refused:
            with pytest.raises(ValidationError, match="--name"):
                beyond()
    assert beyond().listen == "0.0.0.0"
    assert beyond("127.0.0.1").listen == "127.0.0.1"
    with pytest.raises(ValidationError, match="IPv4"):
        beyond("kantor")


def test_practice_stays_on_loopback_whatever_certificate_there_is(tmp_path: Path):
    own = made()
    certificate_files.put(tmp_path / "latihan" / "tls", pair_of(own.certificate, own.key), own.authority)

    with pytest.raises(ValidationError, match="latihan"):
        Settings(home=tmp_path, host="0.0.0.0")
