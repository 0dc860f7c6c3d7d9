"""docs/settings.md and .env.example: every variable of `settings.Settings`, in groups."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from aivoicecaller.settings import Settings

GROUPS: Mapping[str, Sequence[str]] = {
    "OpenAI: who speaks": (
        "openai_api_key",
        "openai_project_id",
        "openai_webhook_secret",
        "openai_base_url",
        "openai_sip_host",
    ),
    "Twilio: who reaches the phone": ("twilio_account_sid", "twilio_auth_token", "twilio_from_number"),
    "This server": ("public_url", "host", "port", "admin_password", "app_secret", "log_level"),
    "The record": ("data_dir", "database_url"),
    "What may be dialled": ("default_country", "allowed_countries", "max_live_calls"),
    "The sandbox": ("sandbox_speed",),
}

INTRODUCTION = """\
Settings are read from the environment, then from `.env.local`, then from `.env`, in the folder where the program is
started; the first one that has a value wins, and an option of the command line wins over all. An empty value counts as
none. A start with values that cannot be used lists all faults at once and says what to write instead; so does a name in
`.env` or `.env.local` that looks like one of these and is none.

With neither an OpenAI nor a Twilio key the [sandbox](sandbox.md) runs. `aivoicecaller doctor` says what is set and what
is missing. A secret is never logged or shown; keep `.env.local` readable by you alone (`chmod 600 .env.local`).
"""

EXAMPLE_HEAD = """\
Generated from src/aivoicecaller/settings.py by `make docs`; do not edit.
Copy it to .env.local and fill in what you need. An empty value counts as none.
With neither an OpenAI nor a Twilio key, calls ring people of the offline sandbox.
"""


class Ungrouped(ValueError):
    """A setting that stands in no group, or in several."""


def page() -> str:
    check_groups(GROUPS, Settings.model_fields)
    parts = ["# Settings", INTRODUCTION.strip()]
    for title, names in GROUPS.items():
        parts += [f"## {title}", "\n".join(_rows(names))]
    return "\n\n".join(parts) + "\n"


def example() -> str:
    check_groups(GROUPS, Settings.model_fields)
    parts = [_comment(EXAMPLE_HEAD)]
    for title, names in GROUPS.items():
        parts.append(f"# ---- {title} ----")
        for name in names:
            field = Settings.model_fields[name]
            note = " Secret." if is_secret(field) else ""
            parts.append(f"{_comment(f'{field.description}{note}')}\n{name.upper()}={_default(field)}")
    return "\n\n".join(parts) + "\n"


def check_groups(groups: Mapping[str, Sequence[str]], fields: Mapping[str, FieldInfo]) -> None:
    """Every setting stands in one group and has its sentence. Errors: Ungrouped with the names."""
    grouped = [name for names in groups.values() for name in names]
    wrong = {name for name in (*grouped, *fields) if grouped.count(name) != 1 or name not in fields}
    mute = {name for name, field in fields.items() if not field.description}
    if wrong or mute:
        raise Ungrouped(
            f"In docs/made/settings.py, each setting in one group: {sorted(wrong)}; without a sentence: {sorted(mute)}"
        )


def is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _rows(names: Sequence[str]) -> Iterator[str]:
    yield "| variable | what it is | default | secret |"
    yield "|---|---|---|---|"
    for name in names:
        field = Settings.model_fields[name]
        default = _default(field)
        shown = f"`{default}`" if default else "none"
        yield f"| `{name.upper()}` | {field.description} | {shown} | {'yes' if is_secret(field) else ''} |"


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else str(field.default)


def _comment(text: str) -> str:
    lines = (line for paragraph in text.strip().splitlines() for line in textwrap.wrap(paragraph, 118))
    return "\n".join(f"# {line}" for line in lines)
