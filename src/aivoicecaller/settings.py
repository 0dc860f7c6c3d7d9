"""Every setting of the product: one typed tree, read from the environment and `.env.local`.

A bad start lists all faults at once, each with what to write instead.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import phonenumbers
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

ENV_FILES = (".env", ".env.local")
"""Ours, in the folder where the program is started; the later one wins."""

OUR_PREFIXES = ("OPENAI_", "TWILIO_", "REALTIME_", "SANDBOX_")
"""In our own files, an unknown name that begins so was meant for us."""

_FORMS = {
    "openai_project_id": (r"proj_[A-Za-z0-9_-]+", "Write the id that OpenAI shows for the project, like proj_abc123."),
    "openai_sip_host": (
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?",
        "Write a host name only, like sip.api.openai.com.",
    ),
    "twilio_account_sid": (
        r"AC[0-9a-fA-F]{32}",
        "Write the account SID that Twilio's console shows: AC and 32 hexadecimal digits.",
    ),
    # The form leaves no room for letters, which would be an extension or a keypad's letters.
    "twilio_from_number": (r"\+[0-9 ().-]+", "Write the number with + and its country code, like +12025550199."),
}
"""What fails only after somebody has answered when it is wrong: the form, and what to write."""


class SettingsInvalid(ValueError):
    """Settings that cannot be used; `faults` has one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Settings(BaseSettings):
    """Names in the environment are these in capitals."""

    model_config = SettingsConfigDict(env_file=ENV_FILES, env_ignore_empty=True, extra="ignore", frozen=True)

    openai_api_key: SecretStr | None = Field(
        default=None,
        description="Key of the OpenAI project that speaks. Empty, with no Twilio key: the sandbox.",
    )
    openai_project_id: str | None = Field(
        default=None, description="Id of that project, `proj_…`: part of the SIP address Twilio dials."
    )
    openai_webhook_secret: SecretStr | None = Field(
        default=None,
        description="Signing secret, `whsec_…`, of the webhook endpoint for `realtime.call.incoming`.",
    )
    openai_base_url: str = Field(
        default="https://api.openai.com/v1",
        description="OpenAI's API; the EU host for a project with EU residency.",
    )
    openai_sip_host: str = Field(
        default="sip.api.openai.com",
        description="OpenAI's SIP host; `sip-eu.api.openai.com` for EU residency.",
    )
    twilio_account_sid: str | None = Field(default=None, description="Twilio account, `AC…`.")
    twilio_auth_token: SecretStr | None = Field(
        default=None, description="Its auth token: places calls and verifies Twilio's signatures."
    )
    twilio_from_number: str | None = Field(
        default=None,
        description="Number of yours at Twilio that is shown to people you call, like +12025550199.",
    )
    public_url: AnyHttpUrl | None = Field(
        default=None,
        description="Address at which Twilio and OpenAI reach this server, like https://calls.example.com.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="`postgresql://user:password@host/name`; empty keeps the record in DATA_DIR (SQLite).",
    )
    data_dir: Path = Field(default=Path("data"), description="Folder that holds all state of this installation.")
    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=3000, description="Port to listen on; 0 takes a free one."
    )
    admin_password: SecretStr | None = Field(
        default=None, description="Password for the dashboard; without it only the printed link logs in."
    )
    app_secret: SecretStr | None = Field(
        default=None,
        description="Key from which our own signatures are made; made on first start when empty.",
    )
    default_country: str = Field(default="US", description="Country of numbers written in national form.")
    allowed_countries: str = Field(
        default="",
        description="Countries that may be dialled, like `US,CA,DE`; empty allows the country of your own number.",
    )
    max_live_calls: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=20, description="Calls that may live at once; further ones are refused."
    )
    sandbox_speed: Annotated[float, Field(gt=0, le=100)] = Field(
        default=1.0, description="How many times faster than life the sandbox runs; for tests."
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="How much the log says.")

    @field_validator(*_FORMS)
    @classmethod
    def _has_its_form(cls, value: str | None, info: ValidationInfo) -> str | None:
        form, hint = _FORMS[info.field_name or ""]
        if value is not None and not re.fullmatch(form, value):
            raise ValueError(hint)
        return value

    @field_validator("twilio_from_number")
    @classmethod
    def _can_be_a_number(cls, value: str | None) -> str | None:
        try:
            possible = value is None or phonenumbers.is_possible_number(phonenumbers.parse(value))
        except phonenumbers.NumberParseException:
            possible = False
        if not possible:
            raise ValueError(_FORMS["twilio_from_number"][1])
        return value

    @field_validator("openai_webhook_secret")
    @classmethod
    def _can_sign(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_signing_secret(value.get_secret_value()):
            # Nothing of it is shown: it may be right but for one letter.
            raise ValueError("Write the whole secret that OpenAI showed once: whsec_ and base64, without spaces.")
        return value

    @field_validator("default_country", "allowed_countries")
    @classmethod
    def _names_countries(cls, value: str, info: ValidationInfo) -> str:
        one = info.field_name == "default_country"
        unknown = [each for each in ([value] if one else _parts(value)) if each not in phonenumbers.SUPPORTED_REGIONS]
        if unknown:
            names = ", ".join(f"“{each}”" for each in unknown)
            like = "two letters, like US" if one else "two letters each, like US,CA,DE"
            raise ValueError(f"{names} is no country known here. Write {like}.")
        return value

    @field_validator("public_url")
    @classmethod
    def _can_be_reached(cls, value: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if value is None:
            return None
        if value.query is not None or value.fragment is not None:
            raise ValueError("Leave out what follows ? or #: write it like https://calls.example.com.")
        if value.scheme != "https" and not _is_loopback(value.host or ""):
            raise ValueError("Write it with https, like https://calls.example.com. Only localhost takes http.")
        return value

    @property
    def record(self) -> str | None:
        """Where the record is kept when not in the data folder. It may hold a password."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def has_any_key(self) -> bool:
        return any((self.openai_api_key, self.twilio_account_sid, self.twilio_auth_token))

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(_parts(self.allowed_countries))


def load(**overrides: object) -> Settings:
    """Read all settings; `overrides` (from the command line) win. Errors: SettingsInvalid with every fault."""
    given = {name: value for name, value in overrides.items() if value is not None}
    faults = list(_unknown_names())
    try:
        settings = Settings(**given)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        faults = [*(_fault(entry["loc"], entry["type"], entry["msg"]) for entry in error.errors()), *faults]
        raise SettingsInvalid(faults) from None
    if faults:
        raise SettingsInvalid(faults)
    return settings


def _fault(where: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(where[0]) if where else "settings"
    if kind == "value_error":
        # Our own words, which say what to write.
        return f"{name.upper()}: {message.removeprefix('Value error, ')}"
    known = Settings.model_fields.get(name)
    hint = f" {known.description}" if known and known.description else ""
    return f"{name.upper()}: {message}.{hint}"


def _unknown_names() -> Iterator[str]:
    """A fault for each name in our own files that nothing reads but that was probably meant for us.

    The environment belongs to every program, so what is unknown there is left alone.
    """
    known = [name.upper() for name in Settings.model_fields]
    for file in ENV_FILES:
        for written in DotEnvSettingsSource(Settings, env_file=file).env_vars:
            name = written.upper()
            nearest = min(known, key=lambda other: _distance(name, other))
            # In a short name two letters are half of it: HOME is not a slip for HOST.
            slip = _distance(name, nearest) <= min(2, len(nearest) // 4)
            if name not in known and (slip or name.startswith(OUR_PREFIXES)):
                yield f"{name} in {file}: there is no such setting. Write {nearest}, or take the line out."


def _distance(one: str, other: str) -> int:
    """How many letters must be added, left out or changed to make one text the other."""
    row = list(range(len(other) + 1))
    for i, mine in enumerate(one, 1):
        left, row = row, [i]
        for j, theirs in enumerate(other, 1):
            row.append(min(left[j] + 1, row[j - 1] + 1, left[j - 1] + (mine != theirs)))
    return row[-1]


def _parts(text: str) -> list[str]:
    return [part.strip().upper() for part in text.split(",") if part.strip()]


def _is_signing_secret(text: str) -> bool:
    if text.split() != [text]:
        return False
    if not text.startswith("whsec_"):
        return True
    try:
        return bool(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
