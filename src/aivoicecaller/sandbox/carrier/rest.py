"""The REST API's addresses, and the account with its one number."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aivoicecaller.sandbox.carrier.errors import not_found
from aivoicecaller.sandbox.carrier.exchange import Exchange
from aivoicecaller.sandbox.carrier.resource import Resource, Verb, page_response
from aivoicecaller.sandbox.carrier.rest_calls import CallsApi
from aivoicecaller.sandbox.carrier.rest_recordings import RecordingsApi
from aivoicecaller.sandbox.carrier.services import CarrierConfig
from aivoicecaller.sandbox.carrier.wire import account_json, number_json

_ROOT: Final = "/2010-04-01/Accounts/{account_sid}"
_METHODS: Final = ("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH")


class AccountApi:
    """The account and its number."""

    def __init__(self, config: CarrierConfig) -> None:
        self._config = config

    async def fetch(self, request: Request) -> Response:
        return JSONResponse(account_json(self._config.account_sid))

    async def list_numbers(self, request: Request) -> Response:
        """`PhoneNumber` may be a part of a number, with `*` for any digit; `FriendlyName` is a whole name."""
        number = self._number()
        query = request.query_params
        digits = query.get("PhoneNumber", "").replace("*", "")
        wanted = digits in self._config.from_number and query.get("FriendlyName") in (None, number["friendly_name"])
        return page_response(request, "incoming_phone_numbers", [number] if wanted else [])

    async def fetch_number(self, request: Request) -> Response:
        if request.path_params["sid"] != self._config.number_sid:
            raise not_found(request.url.path)
        return JSONResponse(self._number())

    def _number(self) -> dict[str, object]:
        return number_json(self._config.from_number, self._config.number_sid, self._config.account_sid)


async def _nothing(request: Request) -> Response:
    raise not_found(request.url.path)


def rest_routes(exchange: Exchange) -> list[BaseRoute]:
    """Every address under /2010-04-01; those the sandbox does not have answer 20404."""
    services = exchange.services
    calls, recordings, account = CallsApi(exchange), RecordingsApi(services), AccountApi(services.config)

    def at(path: str, **verbs: Verb) -> Route:
        return Route(path, Resource(services, verbs))

    return [
        at(f"{_ROOT}.json", GET=Verb(account.fetch)),
        at(
            f"{_ROOT}/Calls.json",
            POST=Verb(calls.create, "carrier.create_call"),
            GET=Verb(calls.list, "carrier.list_calls"),
        ),
        at(
            _ROOT + "/Calls/{sid}.json",
            GET=Verb(calls.fetch, "carrier.fetch_call"),
            POST=Verb(calls.update, "carrier.update_call"),
            DELETE=Verb(calls.delete),
        ),
        at(_ROOT + "/Calls/{call_sid}/Recordings.json", GET=Verb(recordings.list)),
        at(f"{_ROOT}/Recordings.json", GET=Verb(recordings.list)),
        at(_ROOT + "/Recordings/{sid}.json", GET=Verb(recordings.fetch), DELETE=Verb(recordings.delete)),
        at(
            _ROOT + "/Recordings/{name}",
            GET=Verb(recordings.media, "carrier.recording_media"),
            HEAD=Verb(recordings.media),
        ),
        at(f"{_ROOT}/IncomingPhoneNumbers.json", GET=Verb(account.list_numbers)),
        at(_ROOT + "/IncomingPhoneNumbers/{sid}.json", GET=Verb(account.fetch_number)),
        at("/2010-04-01/{rest:path}", **dict.fromkeys(_METHODS, Verb(_nothing))),
    ]
