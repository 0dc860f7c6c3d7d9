"""`aivoicecaller doctor`: what is configured, what answers, and what to do about the rest."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.text import Text

from ..carrier.errors import CarrierError
from ..clock import Clock
from ..engine.errors import EngineError
from ..settings import Settings
from ..store import open_store
from ..store.errors import StoreError
from .client import find_server
from .composition import describe, make_carrier, make_engine
from .places import DataFolder
from .words import plain

SANDBOX_PACKAGES = ("espeakng_loader", "numpy", "soxr", "webrtcvad")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    well: bool
    seen: str
    advice: str = ""


def examine(settings: Settings, folder: DataFolder) -> list[Finding]:
    return asyncio.run(_examine(settings, folder))


def print_findings(findings: list[Finding], as_json: bool, out: Console) -> None:
    if as_json:
        out.print_json(json.dumps({"findings": [asdict(finding) for finding in findings]}), ensure_ascii=True)
        return
    for finding in findings:
        mark = ("✓", "green") if finding.well else ("✗", "red")
        out.print(Text.assemble(mark, " ", (finding.subject, "bold"), "  ", plain(finding.seen)), highlight=False)
        if finding.advice:
            out.print(f"    {finding.advice}", highlight=False, markup=False)


async def _examine(settings: Settings, folder: DataFolder) -> list[Finding]:
    findings = [
        Finding("data folder", True, str(folder.path)),
        await _record(settings, folder),
        _server(folder),
    ]
    if not settings.has_any_key:
        return [*findings, _sandbox()]
    for provider in describe(settings, None).providers:
        if provider.missing:
            findings.append(
                Finding(
                    provider.name, False, provider.summary, "Write them into .env.local; .env.example explains each."
                )
            )
        elif provider.name == "engine":
            findings.append(await _openai(settings))
        else:
            findings.append(await _twilio(settings))
    return findings


async def _record(settings: Settings, folder: DataFolder) -> Finding:
    try:
        async with await open_store(settings.record or folder.database) as store:
            await store.migrate()
            live = await store.calls.count_live()
    except StoreError as error:
        return Finding("record", False, str(error))
    kind = "PostgreSQL" if settings.database_url else "SQLite"
    return Finding("record", True, f"{kind} answers; {live} live calls.")


def _server(folder: DataFolder) -> Finding:
    server = find_server(folder)
    if server is None:
        return Finding("server", True, "None runs; `aivoicecaller call` starts one for the length of a call.")
    return Finding("server", True, f"Runs at {server.url}.")


def _sandbox() -> Finding:
    missing = [name for name in SANDBOX_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return Finding(
            "sandbox", False, f"It lacks {', '.join(missing)}.", "Install it: pip install 'aivoicecaller[sandbox]'"
        )
    return Finding("sandbox", True, "No key is set, so calls ring scripted people on this machine.")


async def _openai(settings: Settings) -> Finding:
    engine = make_engine(settings, None, Clock())
    try:
        models = await engine.check()
    except EngineError as error:
        return Finding("engine", False, error.outcome.detail, "Check OPENAI_API_KEY and OPENAI_BASE_URL.")
    finally:
        await engine.aclose()
    return Finding("engine", True, f"OpenAI answers; {len(models)} models for this key.")


async def _twilio(settings: Settings) -> Finding:
    carrier = make_carrier(settings, None, Clock())
    try:
        account = await carrier.check()
    except CarrierError as error:
        return Finding("carrier", False, error.outcome.detail, "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")
    finally:
        await carrier.aclose()
    trial = " It is a trial account: it calls verified numbers only." if account.trial else ""
    return Finding("carrier", account.status == "active", f"Twilio account is {account.status}.{trial}")
