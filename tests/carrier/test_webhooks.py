"""Only what Twilio signed gets in. The signatures are made here by Twilio's written rule, not by its SDK."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aivoicecaller.carrier.errors import SignatureRefused
from aivoicecaller.carrier.webhooks import FORM, Form, parse, verify

from ..wire import form_body
from .conftest import TOKEN

PUBLIC = "https://calls.example.com"
PATH = "/api/twilio/status?call=call_0193&x=a%2Fb"
BODY = form_body("twilio/status_ringing")
GOLDEN = "B7dqFfO8SytIchxgzCq/lO7/BwA="


def sign(url: str, pairs: list[tuple[str, str]], token: str = TOKEN) -> str:
    """HMAC-SHA1 over the address and each parameter, sorted by name; of a repeated name the distinct values."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def post(
    body: bytes, signature: str | None, public_url: str = PUBLIC, token: str = TOKEN, kind: str | None = FORM
) -> Form:
    return verify("POST", public_url, PATH, body, kind, signature, token)


def test_a_signature_of_record():
    form = post(BODY, GOLDEN)

    assert form["CallStatus"] == "ringing"
    assert form["ToZip"] == ""


@pytest.mark.parametrize("public_url", [PUBLIC, PUBLIC + "/", PUBLIC + ":443"])
@pytest.mark.parametrize("signed_url", [PUBLIC, PUBLIC + ":443"])
def test_the_port_of_the_scheme_may_be_signed_or_not(public_url: str, signed_url: str):
    signature = sign(signed_url + PATH, list(parse(BODY.decode()).items()))

    assert post(BODY, signature, public_url)["CallStatus"] == "ringing"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_another_port_counts_too(scheme: str):
    public_url = f"{scheme}://127.0.0.1:8443"

    assert post(b"A=1", sign(f"{public_url}{PATH}", [("A", "1")]), public_url)["A"] == "1"


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"A=1&A=2&A=1", [("A", "1"), ("A", "2")]),
        (b"B=&A", [("A", ""), ("B", "")]),
        (b"Name=J%C3%BCrgen+%26+S%C3%B6hne&b=+x+", [("Name", "Jürgen & Söhne"), ("b", " x ")]),
        ("Name=Jürgen".encode(), [("Name", "Jürgen")]),
        (b"a=1&Z=2&%C3%A9=3", [("a", "1"), ("Z", "2"), ("é", "3")]),
        (b"", []),
    ],
)
def test_odd_parameters_are_signed_as_they_are(body: bytes, pairs: list[tuple[str, str]]):
    form = post(body, sign(PUBLIC + PATH, pairs))

    assert {(name, value) for name in form for value in form.getlist(name)} == set(pairs)


def test_a_get_signs_its_address_alone():
    path = "/api/twiml?secret=s&CallSid=CA1&From=%2B12025550100"

    form = verify("GET", PUBLIC, path, b"", None, sign(PUBLIC + path, []), TOKEN)

    assert (form["CallSid"], form["From"]) == ("CA1", "+12025550100")


def test_a_form_keeps_order_and_repeats():
    form = parse("b=1&a=2&b=3&c=")

    assert list(form) == ["b", "a", "c"]
    assert (form["b"], form.getlist("b"), form.getlist("d"), form.get("d")) == ("1", ["1", "3"], [], None)
    assert "2" not in repr(form)


@pytest.mark.parametrize(
    ("body", "signature", "reason"),
    [
        (BODY, None, "missing"),
        (BODY, "", "missing"),
        (BODY, "é", "does not match"),
        (BODY, GOLDEN[:-1], "does not match"),
        (BODY + b"&Digits=5", GOLDEN, "does not match"),
        (BODY.replace(b"ringing", b"completed"), GOLDEN, "does not match"),
        (b"A=%ff", GOLDEN, "unreadable"),
        (b"\xff", GOLDEN, "unreadable"),
        (b"&".join(b"a=1" for _ in range(501)), GOLDEN, "unreadable"),
    ],
)
def test_a_changed_request_is_refused(body: bytes, signature: str | None, reason: str):
    with pytest.raises(SignatureRefused, match=reason):
        post(body, signature)


@pytest.mark.parametrize("public_url", ["https://calls.example.org", "http://calls.example.com", "https://[", "x", ""])
def test_another_address_is_refused(public_url: str):
    with pytest.raises(SignatureRefused):
        post(BODY, GOLDEN, public_url)


def test_another_token_or_none_is_refused():
    with pytest.raises(SignatureRefused, match="does not match"):
        post(BODY, GOLDEN, token="f" * 32)
    with pytest.raises(SignatureRefused, match="no auth token"):
        post(b"", sign(PUBLIC + PATH, [], token=""), token="")


def test_a_body_that_is_no_form_is_refused():
    with pytest.raises(SignatureRefused, match="not a form"):
        post(b"{}", sign(PUBLIC + PATH, []), kind="application/json")


pairs = st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), max_size=6)


@given(pairs)
def test_whatever_is_signed_gets_in_whole(pairs: list[tuple[str, str]]):
    form = post(urlencode(pairs).encode(), sign(PUBLIC + PATH, pairs))

    assert [(name, value) for name in form for value in form.getlist(name)] == sorted(
        pairs, key=lambda pair: list(form).index(pair[0])
    )


@given(
    st.sampled_from(["GET", "POST", "PUT", ""]),
    st.text(max_size=20),
    st.text(max_size=20),
    st.binary(max_size=30),
    st.none() | st.text(max_size=10) | st.just(FORM),
    st.none() | st.text(max_size=30),
)
def test_nothing_raises_but_the_refusal(
    method: str, public_url: str, path: str, body: bytes, kind: str | None, signature: str | None
):
    with pytest.raises(SignatureRefused):
        verify(method, public_url, path, body, kind, signature, TOKEN)
