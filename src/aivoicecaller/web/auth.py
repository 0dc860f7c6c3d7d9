"""Who may come in. Every address below `/api/` needs a log-in, but for the providers' and the door itself."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..addresses import AFTER_DIAL, ENGINE_LEG, MACHINE, OPENAI_WEBHOOK, RECORDING, STATUS, TWIML
from ..clock import Clock, to_datetime
from ..store.errors import StoreError
from .api.schemas import Login, NewLogin
from .parts import Access, WebParts
from .problems import Refused, answer, record_unusable

log = structlog.get_logger(__name__)

COOKIE = "aivoicecaller_login"
LOGIN_LASTS = timedelta(days=14)
OWNER = "owner"

PROVIDER_ROUTES = frozenset({TWIML, AFTER_DIAL, STATUS, ENGINE_LEG, MACHINE, RECORDING, OPENAI_WEBHOOK})
"""Verified by their provider's signature instead."""
DOOR = "/api/login"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

PASSWORD_TRIES = 10
PASSWORD_WINDOW_S = 300.0
"""Guessing is slowed to ten tries in five minutes for everybody together: there is one password."""


def unauthorised() -> Refused:
    return Refused(
        401,
        "login-needed",
        "Log in first",
        "Open the address that the server printed when it started, or log in with ADMIN_PASSWORD.",
    )


class Guard:
    """Lets only those in who are logged in, and takes unsafe methods only from our own pages and programs."""

    def __init__(self, app: ASGIApp, parts: WebParts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/") and scope["path"] not in PROVIDER_ROUTES:
            try:
                refusal = await self._refusal(Request(scope))
            except StoreError as error:
                refusal = record_unusable(error)
            if refusal is not None:
                await answer(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, request: Request) -> Refused | None:
        if _by_program(request, self._parts.access):
            return None
        if request.method not in _SAFE and request.headers.get("x-requested-with") != "aivoicecaller":
            # A page of another site cannot send this header; so its forms and scripts are refused.
            return Refused(
                403,
                "foreign-request",
                "Refused",
                "Send the header `X-Requested-With: aivoicecaller` with this request.",
            )
        if request.url.path == DOOR and request.method in ("POST", "DELETE"):
            return None
        return None if await login_of(request, self._parts) else unauthorised()


def _by_program(request: Request, access: Access) -> bool:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(bearer) and _same(bearer, access.program_token)


def login_token(request: Request, access: Access) -> str | None:
    """The token of the log-in that let a request in; None for the command line."""
    return None if _by_program(request, access) else request.cookies.get(COOKIE)


async def login_of(request: Request, parts: WebParts) -> Login | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    found = await parts.store.logins.find(token, parts.clock.now())
    return None if found is None else Login(name=found.name, expires_at=found.expires_at)


def password_digest(password: str, secret: str) -> str:
    """What may be kept to notice that ADMIN_PASSWORD changed. `secret` is the app's: without it nothing is guessed."""
    return hmac.new(secret.encode(), b"admin-password\0" + password.encode(), "sha256").hexdigest()


class Throttle:
    """Counts tries within a window."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: list[float] = []

    def take(self) -> bool:
        now = self._clock.now()
        self._tries = [at for at in self._tries if at > now - PASSWORD_WINDOW_S]
        if len(self._tries) >= PASSWORD_TRIES:
            return False
        self._tries.append(now)
        return True


def door(parts: WebParts, log_out: Callable[[str], None]) -> APIRouter:
    """The addresses by which somebody logs in and out. `log_out` is told a token that was revoked."""
    router = APIRouter()
    throttle = Throttle(parts.clock)

    @router.get("/login", include_in_schema=False)
    async def by_link(request: Request, token: str = "") -> Response:
        """The address that the terminal printed. Without a token it is the dashboard's own log-in page."""
        if not token:
            return await request.app.state.page(request)
        if not _same(token, parts.access.link_token):
            return RedirectResponse("/login?expired", status_code=303)
        response = RedirectResponse("/", status_code=303)
        await _let_in(response, parts)
        return response

    @router.get(DOOR, tags=["login"])
    async def who(request: Request) -> Login:
        """Who is logged in."""
        login = await login_of(request, parts)
        return login or Login(name="program", expires_at=to_datetime(parts.clock.now() + 3600))

    @router.post(DOOR, tags=["login"])
    async def by_password(new: NewLogin, response: Response) -> Login:
        """Log in with ADMIN_PASSWORD."""
        if not throttle.take():
            raise Refused(429, "too-many-tries", "Too many tries", "Wait five minutes, then try again.")
        password = parts.access.password
        if password is None:
            raise Refused(403, "no-password", "No password is set", "Set ADMIN_PASSWORD, or open the printed address.")
        if not _same(new.password, password):
            raise Refused(401, "wrong-password", "That is not the password", "Check it and try again.")
        return await _let_in(response, parts)

    @router.delete(DOOR, status_code=204, tags=["login"])
    async def out(request: Request, response: Response) -> None:
        """Log out here."""
        token = request.cookies.get(COOKIE)
        if token:
            await parts.store.logins.revoke(token)
            log_out(token)
        response.delete_cookie(COOKIE, path="/")

    return router


async def _let_in(response: Response, parts: WebParts) -> Login:
    token = secrets.token_urlsafe(32)
    now = parts.clock.now()
    until = now + LOGIN_LASTS.total_seconds()
    await parts.store.logins.add(token, OWNER, now, until)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LOGIN_LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=parts.access.secure_cookies,
    )
    log.info("= logged in")
    return Login(name=OWNER, expires_at=to_datetime(until))


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
