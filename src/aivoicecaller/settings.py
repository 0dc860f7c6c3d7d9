"""Every setting of the product: one typed tree, read from the environment and `.env.local`.

A bad start lists all faults at once, each with what to write instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsInvalid(ValueError):
    """Settings that cannot be used; `faults` has one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Settings(BaseSettings):
    """Names in the environment are these in capitals."""

    model_config = SettingsConfigDict(
        env_file=(".env", ".env.local"), env_ignore_empty=True, extra="ignore", frozen=True
    )

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
    default_country: str = Field(
        default="US", pattern="^[A-Z]{2}$", description="Country of numbers written in national form."
    )
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

    @property
    def record(self) -> str | None:
        """Where the record is kept when not in the data folder. It may hold a password."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def has_any_key(self) -> bool:
        return any((self.openai_api_key, self.twilio_account_sid, self.twilio_auth_token))

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(part.strip().upper() for part in self.allowed_countries.split(",") if part.strip())


def load(**overrides: object) -> Settings:
    """Read all settings; `overrides` (from the command line) win. Errors: SettingsInvalid with every fault."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        raise SettingsInvalid([_fault(entry["loc"], entry["msg"]) for entry in error.errors()]) from None


def _fault(where: tuple[int | str, ...], message: str) -> str:
    name = str(where[0]) if where else "settings"
    known = Settings.model_fields.get(name)
    hint = f" {known.description}" if known and known.description else ""
    return f"{name.upper()}: {message}.{hint}"
