"""Puts the parts together: settings in, a server out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from ..addresses import Addresses
from ..agents.demo import DEMO_CONFIG, DEMO_DESCRIPTION, DEMO_NAME
from ..bus.memory import MemoryBus
from ..carrier.client import TwilioCarrier
from ..clock import Clock
from ..engine.client import RealtimeEngine
from ..numbers.rules import DialRules
from ..phone import Number, parse
from ..references import References
from ..settings import Settings
from ..store import open_store
from ..supervisor.parts import Parts
from ..supervisor.supervisor import Supervisor
from ..tools.builtin import toolbox
from ..web.api.schemas import Person, ProviderState
from ..web.app import create_app
from ..web.auth import password_digest
from ..web.parts import Access, Installation, WebParts
from .places import DataFolder
from .sandbox_process import SandboxState

UNSET = "unset"
"""Stands where a key is missing: nothing is ever asked with it, because calls are refused first."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server put together, ready to answer."""

    app: FastAPI
    supervisor: Supervisor
    login_url: str
    installation: Installation


@asynccontextmanager
async def running(
    settings: Settings,
    folder: DataFolder,
    *,
    address: str,
    sandbox: SandboxState | None,
    program_token: str,
    link_token: str,
    browser_address: str | None = None,
) -> AsyncGenerator[Running]:
    """A whole server but for its socket. `address` is where programs on this machine find it; a person is told
    `browser_address` if that differs.

    Errors: StoreError, and ValueError for keys that cannot be used.
    """
    clock = Clock(settings.sandbox_speed, sandbox.started_at) if sandbox else Clock()
    public_url = address if sandbox or settings.public_url is None else str(settings.public_url).rstrip("/")
    secret = settings.app_secret.get_secret_value() if settings.app_secret else folder.secret("app-secret")
    addresses = Addresses(public_url, References(secret.encode()))
    installation = describe(settings, sandbox)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await open_store(settings.record or folder.database))
        await store.migrate()
        await store.agents.ensure_demo(DEMO_NAME, DEMO_DESCRIPTION, DEMO_CONFIG, clock.now())
        bus, tools = MemoryBus(), toolbox()
        engine, carrier = make_engine(settings, sandbox, clock), make_carrier(settings, sandbox, clock)
        stack.push_async_callback(engine.aclose)
        stack.push_async_callback(carrier.aclose)
        supervisor = Supervisor(Parts(store, bus, engine, carrier, tools, clock, addresses))
        password = settings.admin_password.get_secret_value() if settings.admin_password else None
        if folder.changed("password-digest", password_digest(password or "", secret)):
            # Whoever had the old password is not to stay.
            await store.logins.revoke_all()
        access = Access(link_token, program_token, password, secure_cookies=public_url.startswith("https://"))
        web = WebParts(store, bus, engine, carrier, clock, addresses, installation, access)
        await supervisor.start()
        stack.push_async_callback(supervisor.stop)
        yield Running(
            create_app(web), supervisor, f"{browser_address or address}/login?token={link_token}", installation
        )


def describe(settings: Settings, sandbox: SandboxState | None) -> Installation:
    """What this installation can do with its settings. Errors: NumberUnreadable for its own number."""
    if sandbox is not None:
        own = parse(sandbox.from_number)
        return Installation(
            providers=(
                ProviderState(
                    name="carrier",
                    mode="sandbox",
                    summary="The sandbox rings scripted people on this machine; no phone network is used.",
                    missing=[],
                ),
                ProviderState(
                    name="engine",
                    mode="sandbox",
                    summary="The sandbox's stand-in speaks: it follows rules and understands a few things only.",
                    missing=[],
                ),
            ),
            from_number=own,
            project_id=sandbox.openai_project_id,
            sip_host=settings.openai_sip_host,
            twilio_auth_token=sandbox.auth_token,
            rules=_rules(settings, own),
            default_country=settings.default_country,
            max_live_calls=settings.max_live_calls,
            people=tuple(Person(**person) for person in sandbox.people),
        )
    own = parse(settings.twilio_from_number) if settings.twilio_from_number else None
    return Installation(
        providers=(
            _provider("carrier", "Twilio", _missing_carrier(settings)),
            _provider("engine", "OpenAI Realtime", _missing_engine(settings)),
        ),
        from_number=own,
        project_id=settings.openai_project_id or UNSET,
        sip_host=settings.openai_sip_host,
        twilio_auth_token=settings.twilio_auth_token.get_secret_value() if settings.twilio_auth_token else "",
        rules=_rules(settings, own),
        default_country=settings.default_country,
        max_live_calls=settings.max_live_calls,
    )


def _provider(name: str, title: str, missing: list[str]) -> ProviderState:
    if missing:
        summary = f"{title} cannot be used yet: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set."
        return ProviderState(name=name, mode="missing", summary=summary, missing=missing)  # pyright: ignore[reportArgumentType]
    return ProviderState(name=name, mode="real", summary=f"{title} is set up.", missing=[])  # pyright: ignore[reportArgumentType]


def _missing_carrier(settings: Settings) -> list[str]:
    wanted = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
        "TWILIO_FROM_NUMBER": settings.twilio_from_number,
        "PUBLIC_URL": settings.public_url,
    }
    return [name for name, value in wanted.items() if not value]


def _missing_engine(settings: Settings) -> list[str]:
    wanted = {
        "OPENAI_API_KEY": settings.openai_api_key,
        "OPENAI_PROJECT_ID": settings.openai_project_id,
        "OPENAI_WEBHOOK_SECRET": settings.openai_webhook_secret,
    }
    return [name for name, value in wanted.items() if not value]


def _rules(settings: Settings, own: Number | None) -> DialRules:
    return DialRules(own, settings.countries)


def make_engine(settings: Settings, sandbox: SandboxState | None, clock: Clock) -> RealtimeEngine:
    if sandbox is not None:
        return RealtimeEngine(
            api_key=sandbox.openai_api_key,
            base_url=sandbox.engine_url,
            websocket_base_url=sandbox.engine_ws_url,
            webhook_secrets=[sandbox.openai_webhook_secret],
            clock=clock,
        )
    secret = settings.openai_webhook_secret
    return RealtimeEngine(
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else UNSET,
        base_url=settings.openai_base_url,
        webhook_secrets=[secret.get_secret_value()] if secret else [],
        clock=clock,
    )


def make_carrier(settings: Settings, sandbox: SandboxState | None, clock: Clock) -> TwilioCarrier:
    if sandbox is not None:
        return TwilioCarrier(
            account_sid=sandbox.account_sid, auth_token=sandbox.auth_token, base_url=sandbox.carrier_url, clock=clock
        )
    token = settings.twilio_auth_token
    return TwilioCarrier(
        account_sid=settings.twilio_account_sid or UNSET,
        auth_token=token.get_secret_value() if token else UNSET,
        clock=clock,
    )
