"""SIP addresses as `<Sip>` takes them, and the INVITE that is made of one.

sip:proj_x@sip.api.openai.com;transport=tls;secure=true?X-Ref=abc&X-More=1
address .................................... headers ..................
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.trunk import Invite

ENGINE_HOST: Final = "sip.api.openai.com"
"""The only SIP host that the sandbox can reach."""
MAX_ADDRESS: Final = 255
MAX_HEADERS: Final = 1024

_ADDRESS: Final = re.compile(
    r"(?P<scheme>sips?):(?P<user>[^@;?\s]+)@(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?(?P<params>(?:;[^;?\s]+)*)"
)
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")  # RFC 3261 25.1, token
_STANDARD_HEADERS: Final = frozenset({"user-to-user", "remote-party-id", "p-preferred-identity", "p-called-party-id"})


@dataclass(frozen=True, slots=True)
class SipAddress:
    """A parsed address."""

    user: str
    host: str
    address: str
    """Everything before `?`."""
    parameters: tuple[tuple[str, str], ...]
    """Lower-case names; a parameter without a value has an empty one."""
    headers: tuple[tuple[str, str], ...]
    """What follows `?`, percent-decoded, in order."""

    def parameter(self, name: str) -> str | None:
        return dict(self.parameters).get(name)


def parse_sip(text: str) -> SipAddress:
    """Raises TwimlError: 13248 for an address, 32113 and 13252 for a header's name, 21227 for too many headers."""
    text = text.strip()
    address, _, query = text.partition("?")
    if len(address) > MAX_ADDRESS:
        raise TwimlError(13248, f"A SIP address may have {MAX_ADDRESS} characters, this one has {len(address)}.")
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise TwimlError(13248, "The content of <Sip> is not a SIP address.")
    if len(query) > MAX_HEADERS:
        raise TwimlError(21227, f"SIP headers may have {MAX_HEADERS} characters together, these have {len(query)}.")
    pairs = [part.partition("=") for part in match["params"].split(";") if part]
    return SipAddress(
        user=match["user"],
        host=match["host"].lower(),
        address=address,
        parameters=tuple((name.lower(), value) for name, _, value in pairs),
        headers=tuple(_header(part) for part in query.split("&") if part),
    )


def _header(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    if not _HEADER_NAME.fullmatch(name):
        raise TwimlError(13252, f"{name!r} cannot be the name of a SIP header.")
    if not name.lower().startswith("x-") and name.lower() not in _STANDARD_HEADERS:
        raise TwimlError(32113, f"SIP header {name!r} is not allowed: names must begin with x-.")
    decoded = unquote(value, errors="replace")
    if re.search(r"[\r\n\0]", decoded):
        raise TwimlError(13252, f"The value of SIP header {name!r} has a line break.")
    return name, decoded


def make_invite(target: SipAddress, caller_id: str, account_sid: str, call_sid: str) -> Invite:
    """The INVITE of a leg to `target`. `call_sid` is that leg's own."""
    uri = f"sip:{target.user}@{target.host}" + "".join(
        f";{name}={value}" if value else f";{name}" for name, value in target.parameters if name != "secure"
    )
    caller = re.sub(r"[^A-Za-z0-9+._-]", "", caller_id) or "anonymous"
    headers = (
        ("From", f"<sip:{caller}@pstn.twilio.com>;tag={secrets.token_hex(8)}"),
        ("To", f"<sip:{target.user}@{target.host}>"),
        ("Call-ID", invite_id := f"{secrets.token_hex(16)}@0.0.0.0"),
        ("CSeq", "1 INVITE"),
        ("Contact", f"<sip:{caller}@172.18.0.1:5060;transport=tls>"),
        ("Max-Forwards", "69"),
        ("User-Agent", "Twilio Gateway"),
        ("X-Twilio-AccountSid", account_sid),
        ("X-Twilio-CallSid", call_sid),
        *target.headers,
    )
    security = "srtp" if target.parameter("secure") == "true" else "rtp"
    return Invite(call_id=invite_id, request_uri=uri, headers=headers, media_security=security)
