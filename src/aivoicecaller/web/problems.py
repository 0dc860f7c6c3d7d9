"""One shape for every error of the API: RFC 9457 problem details, with the faults of a form by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..store.errors import StoreError
from .api.schemas import FieldFault, Problem

log = structlog.get_logger(__name__)


class Refused(Exception):
    """A request that is not carried out. It is answered as a problem; the detail says what to do."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        call_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            type=f"/problems/{kind}", title=title, status=status, detail=detail, errors=list(errors), call_id=call_id
        )
        self.headers = dict(headers or {})


def field_fault(field: str, message: str) -> Refused:
    """One field of a form is wrong."""
    return Refused(
        422, "invalid", "Something is not right yet", message, errors=[FieldFault(field=field, message=message)]
    )


def not_found(what: str) -> Refused:
    return Refused(404, "not-found", "Not found", f"There is no such {what}.")


def not_written() -> Refused:
    """A provider's message that we could not keep: it is asked to send it again."""
    return Refused(503, "try-again", "Try again", "The message could not be written down just now.")


def record_unusable(error: StoreError) -> Refused:
    """The record failed. Its own words name hosts and paths, and strangers get this answer too: they go to the log."""
    log.error("! the record cannot be used", why=str(error))
    return Refused(
        503,
        "record-unusable",
        "The record cannot be used just now",
        "The record cannot be used just now. The server's log says why.",
    )


def answer(refused: Refused) -> Response:
    return Response(
        refused.problem.model_dump_json(exclude_none=True),
        status_code=refused.problem.status,
        media_type="application/problem+json",
        headers=refused.headers,
    )


def install(app: FastAPI) -> None:
    """Let every error of the app be answered in the one shape."""
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(StoreError, _on_store)


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answer(error)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    entries = error.errors()
    if any(entry["type"] == "json_invalid" for entry in entries):
        return answer(Refused(400, "not-json", "The body is not JSON", "Send a JSON object in UTF-8."))
    faults = [FieldFault(field=_field(entry["loc"]), message=_words(entry)) for entry in entries]
    detail = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
    return answer(Refused(422, "invalid", "Something is not right yet", detail, errors=faults))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return answer(Refused(400, "not-json", "The body cannot be read", "Send a JSON object in UTF-8."))
    detail = {404: "There is nothing at this address.", 405: "This address does not take that method."}.get(
        error.status_code, str(error.detail)
    )
    kind = title.lower().replace(" ", "-")
    return answer(Refused(error.status_code, kind, title, detail, headers=error.headers))


async def _on_store(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)
    return answer(record_unusable(error))


class Faults:
    """Answers a fault of ours in the one shape, with the headers of every other answer. Its text goes to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noticing(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noticing)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            log.exception("! a request failed by a fault of ours", path=scope["path"])
            detail = "Something failed inside. The server's log says what."
            await answer(Refused(500, "internal", "That is our fault", detail))(scope, receive, send)


def _field(where: Sequence[int | str]) -> str:
    parts = [str(part) for part in where if part not in ("body", "query", "path", "header")]
    return ".".join(parts) or "body"


def _words(entry: Mapping[str, object]) -> str:
    match entry["type"]:
        case "missing":
            return "This is needed."
        case "extra_forbidden":
            return "This field is not known here. Leave it out."
        case _:
            return f"{entry['msg']}."
