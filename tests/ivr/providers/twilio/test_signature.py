"""A request's signature, held against Twilio's own library."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from config.errors import Forbidden
from ivr.providers.twilio.signature import NotFromTwilio, SignatureCheck

TOKEN, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
ADDRESS = "https://hotline.example"
TARGET = "/twilio/voice?langkah=2&nama=a%20b"
FORM = [
    ("CallSid", "CA" + "0" * 32),
    ("From", "+6281200000042"),
    ("CallerName", ""),
    ("FromCity", "Kediri é 蛇"),
]
CHECK = SignatureCheck(ADDRESS, [TOKEN])

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
forms = st.lists(st.tuples(texts, texts), max_size=8)


class Many(dict[str, list[str]]):
    """A form as web frameworks hold it: several values to a name."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def many(pairs: Sequence[tuple[str, str]]) -> Many:
    form = Many()
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def signed(pairs: Sequence[tuple[str, str]], url: str = ADDRESS + TARGET, token: str = TOKEN) -> bytes:
    return str(RequestValidator(token).compute_signature(url, many(pairs))).encode()


def accepts(check: SignatureCheck, body: bytes, signature: bytes, target: str = TARGET) -> bool:
    try:
        check.form(target, body, signature)
    except NotFromTwilio:
        return False
    return True


def library_accepts(body: bytes, signature: bytes, url: str = ADDRESS + TARGET) -> bool:
    """What the library says of a form; what is no form is refused before."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        return False
    try:
        return bool(RequestValidator(TOKEN).validate(url, many(pairs), signature.decode("latin-1")))
    except UnicodeEncodeError:
        return False


def test_a_signed_form_is_returned_with_its_blanks():
    assert CHECK.form(TARGET, urlencode(FORM).encode(), signed(FORM)) == dict(FORM)


def test_a_forged_request_is_refused():
    with pytest.raises(Forbidden):
        CHECK.form(TARGET, urlencode(FORM).encode(), signed(FORM, token=OTHER))


@pytest.mark.parametrize("signature", [b"", b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=", b"\xff\xfe", b"x" * 10_000])
def test_a_signature_that_is_none_is_refused(signature: bytes):
    assert not accepts(CHECK, urlencode(FORM).encode(), signature)


def test_while_tokens_are_rotated_both_are_accepted():
    both = SignatureCheck(ADDRESS, [OTHER, TOKEN])
    for token in (TOKEN, OTHER):
        assert accepts(both, urlencode(FORM).encode(), signed(FORM, token=token))


@pytest.mark.parametrize(
    ("address", "signed_for"),
    [
        ("https://hotline.example", "https://hotline.example:443"),
        ("https://hotline.example:443", "https://hotline.example"),
        ("https://hotline.example/", "https://hotline.example"),
        ("http://hotline.example", "http://hotline.example:80"),
        ("https://hotline.example:8443", "https://hotline.example:8443"),
        ("https://hotline.example:8443", "https://hotline.example"),
    ],
)
def test_the_port_may_be_signed_or_not(address: str, signed_for: str):
    check = SignatureCheck(address, [TOKEN])
    signature = signed(FORM, url=signed_for + TARGET)
    assert accepts(check, urlencode(FORM).encode(), signature)
    assert library_accepts(urlencode(FORM).encode(), signature, address.rstrip("/") + TARGET)


@pytest.mark.parametrize(
    "address",
    [
        "http://hotline.example",
        "https://hotline.example:8443",
        "https://others.example",
        "https://HOTLINE.example",
    ],
)
def test_a_signature_for_another_address_is_refused(address: str):
    assert not accepts(CHECK, urlencode(FORM).encode(), signed(FORM, url=address + TARGET))


@pytest.mark.parametrize("target", ["/twilio/status", "/twilio/voice", "/twilio/voice?langkah=3&nama=a%20b"])
def test_a_signature_for_another_path_or_query_is_refused(target: str):
    assert not accepts(CHECK, urlencode(FORM).encode(), signed(FORM), target)


def test_a_get_is_signed_over_its_address_alone():
    signature = signed([])
    assert CHECK.query(TARGET, signature) == {"langkah": "2", "nama": "a b"}
    with pytest.raises(NotFromTwilio):
        CHECK.query(TARGET + "&lebih=1", signature)


@pytest.mark.parametrize(
    "address",
    [
        "hotline.example",
        "ftp://hotline.example",
        "https://hotline.example/sub",
        "https://a:b@hotline.example",
        "https://",
    ],
)
def test_an_address_that_is_more_or_less_than_one_is_no_configuration(address: str):
    with pytest.raises(ValueError):
        SignatureCheck(address, [TOKEN])


@pytest.mark.parametrize("tokens", [[], [""], [TOKEN, ""]])
def test_an_empty_token_is_no_configuration(tokens: list[str]):
    with pytest.raises(ValueError):
        SignatureCheck(ADDRESS, tokens)


def test_a_form_without_end_is_refused():
    assert not accepts(CHECK, b"a=1&" * 100_000, b"")


@given(forms)
def test_whatever_twilio_signs_is_accepted(pairs: list[tuple[str, str]]):
    body = urlencode(pairs).encode()
    kept = parse_qsl(body.decode(), keep_blank_values=True)
    form = CHECK.form(TARGET, body, signed(kept))
    assert form == {name: max(many(kept)[name]) for name in many(kept)}


@given(forms, st.data())
def test_tampered_bytes_get_the_verdict_of_twilios_library(pairs: list[tuple[str, str]], data: st.DataObject):
    body = bytearray(urlencode(pairs).encode())
    signature = signed(parse_qsl(body.decode(), keep_blank_values=True))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    assert accepts(CHECK, bytes(body), signature) == library_accepts(bytes(body), signature)


@given(forms, st.randoms(use_true_random=False))
def test_order_and_repetition_change_neither_verdict_nor_form(pairs: list[tuple[str, str]], random: object):
    body = urlencode(pairs).encode()
    kept = parse_qsl(body.decode(), keep_blank_values=True)
    mixed = [*kept, *kept]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    signature = signed(kept)
    assert library_accepts(urlencode(mixed).encode(), signature)
    assert CHECK.form(TARGET, urlencode(mixed).encode(), signature) == CHECK.form(TARGET, body, signature)
