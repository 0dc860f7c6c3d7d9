"""REST requests to Twilio. A dial is asked for once; everything else may be asked again."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote

from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance

from ..calls.events import DialMissing, LegEvent, LegSeen
from ..calls.outcome import Blame, failed
from ..clock import Clock
from .errors import (
    FAILURES,
    NOT_IN_PROGRESS,
    TOO_MANY_REQUESTS,
    CarrierRefused,
    CarrierUnavailable,
    carrier_error,
    dial_failed,
)
from .http import TwilioHttp
from .recording import RecordingAudio, open_audio
from .translate import leg_event
from .wire import (
    CANCELED,
    COMPLETED,
    ENDS,
    IN_PROGRESS,
    PROGRESS_EVENTS,
    RECORDING_SID,
    TIME_LIMIT_MARGIN_S,
    AccountState,
    DialOrder,
    RecordingReport,
)

BUDGET_S: Final = 6.0
"""How long a request is repeated while Twilio is busy."""
PAUSE_S: Final = 0.4
"""Before the first repetition; doubles each time."""
ANSWER_S: Final = 4.0
"""How long one answer is awaited; usually it takes a few tenths of a second."""
DIAL_ANSWER_S: Final = 10.0
"""For a dial a lost answer is dear: it leaves in doubt whether a phone rings."""
CLOCKS_APART: Final = timedelta(seconds=5)
"""How far Twilio's clock and ours may be apart when a leg is looked for by its date."""
LEGS_LISTED: Final = 50
CARRIER_API: Final = "2010-04-01"

T = TypeVar("T")


class TwilioCarrier:
    """One Twilio account."""

    def __init__(
        self, *, account_sid: str, auth_token: str, base_url: str | None = None, clock: Clock | None = None
    ) -> None:
        self._account_sid = account_sid
        self._auth = (account_sid, auth_token)
        self._clock = clock or Clock()
        self._http = TwilioHttp()
        # The SDK would take regions and credentials from the process's environment; ours are in the settings. An
        # empty mapping would count as not given.
        self._sdk: Any = Client(
            account_sid, auth_token, account_sid, http_client=self._http, environment={"TWILIO_REGION": ""}
        )
        if base_url is not None:
            self._sdk.api.base_url = base_url.rstrip("/")

    async def dial(self, order: DialOrder) -> str:
        """Ring a phone, asking exactly once; the leg's id. Errors: DialFailed, which says whether a phone may ring.

        Only what Twilio has certainly not worked on, a refusal for too many requests, is asked again.
        """
        options: dict[str, Any] = {
            "to": order.to,
            "from_": order.from_,
            "url": order.answer_url,
            "status_callback": order.status_url,
            "status_callback_event": list(PROGRESS_EVENTS),
            "timeout": math.ceil(order.ring_s),
            "time_limit": math.ceil(order.talk_s) + TIME_LIMIT_MARGIN_S,
        }
        if order.machine_url is not None:
            options |= {
                "machine_detection": "Enable",
                # In the background: otherwise the person would hear silence until the guess is made.
                "async_amd": "true",
                "async_amd_status_callback": order.machine_url,
            }

        async def create() -> str:
            leg = await self._sdk.calls.create_async(**options)
            if not isinstance(leg.sid, str):
                raise ValueError("a call without a sid")
            return leg.sid

        def refused_unseen(error: CarrierUnavailable) -> bool:
            return error.code == TOO_MANY_REQUESTS

        try:
            return await self._ask(create, refused_unseen, DIAL_ANSWER_S)
        except (CarrierRefused, CarrierUnavailable) as error:
            raise dial_failed(error) from None

    async def look_up(self, carrier_call_sid: str) -> LegEvent:
        """How a leg stands; DialMissing when Twilio does not know it. Errors: CarrierError."""
        try:
            leg = await self._ask(self._sdk.calls(carrier_call_sid).fetch_async)
        except CarrierRefused as error:
            if error.unknown:
                return DialMissing()
            raise
        return _event(leg)

    async def find(self, to: str, from_: str, since: datetime, known: Collection[str]) -> LegEvent | None:
        """The newest leg of ours from one number to the other, made after `since` and not in `known` (ids).

        For a dial whose answer was lost. The list is not narrowed by StartTime: a leg that is queued has none yet.
        Errors: CarrierError.
        """

        async def list_legs() -> list[CallInstance]:
            return await self._sdk.calls.list_async(to=to, from_=from_, limit=LEGS_LISTED, page_size=LEGS_LISTED)

        ours = [
            (leg.date_created, leg)
            for leg in await self._ask(list_legs)
            if leg.direction == "outbound-api"
            and leg.sid not in known
            and leg.date_created is not None
            and leg.date_created >= since - CLOCKS_APART
        ]
        return _event(max(ours, key=lambda entry: entry[0])[1]) if ours else None

    async def hang_up(self, carrier_call_sid: str, answered: bool) -> None:
        """End a leg, or withdraw one that still rings; nothing to do when it is over. Errors: CarrierError.

        A leg may have been answered, or have ended, since we last heard of it: then the other way is tried.
        """
        leg = self._sdk.calls(carrier_call_sid)
        for status in (COMPLETED, CANCELED) if answered else (CANCELED, COMPLETED):
            if await self._end(leg, status):
                return
        raise CarrierRefused(failed(Blame.CARRIER, "Twilio did not end the leg."), NOT_IN_PROGRESS)

    async def recordings(self, carrier_call_sid: str) -> list[RecordingReport]:
        """All recordings of a leg. Errors: CarrierError."""
        found = await self._ask(self._sdk.calls(carrier_call_sid).recordings.list_async)
        return [
            RecordingReport(
                carrier_call_sid,
                str(each.sid),
                int(each.channels or 0),
                float(each.duration) if each.duration and each.duration.isdecimal() else None,
                str(each.status),
            )
            for each in found
        ]

    async def open_recording(self, recording_sid: str, range_header: str | None) -> RecordingAudio:
        """A recording's audio, two channels, as WAV. It must be closed. Errors: ValueError, CarrierError."""
        if not RECORDING_SID.fullmatch(recording_sid):
            raise ValueError("a recording's id is RE and 32 hexadecimal digits")
        account = f"{self._sdk.api.base_url}/{CARRIER_API}/Accounts/{quote(self._account_sid, safe='')}"
        # Without RequestedChannels both sides would be mixed into one.
        url = f"{account}/Recordings/{recording_sid}.wav?RequestedChannels=2"
        return await open_audio(self._http, url, self._auth, range_header)

    async def check(self) -> AccountState:
        """Whether Twilio answers and takes our credentials. Errors: CarrierError."""
        account = await self._ask(self._sdk.api.v2010.accounts(self._account_sid).fetch_async)
        return AccountState(str(account.friendly_name), str(account.status), account.type == "Trial")

    async def aclose(self) -> None:
        await self._http.close()

    async def _end(self, leg: Any, status: str) -> bool:
        """Ask for a final status; False when the leg goes on."""
        try:
            shown = await self._ask(lambda: leg.update_async(status=status))
        except CarrierRefused as error:
            if error.unknown:
                return True
            if error.code != NOT_IN_PROGRESS:
                raise
            return (await self._ask(leg.fetch_async)).status in ENDS
        # To cancel an answered leg is no error and changes nothing; one being completed may still be shown as it was.
        return status == COMPLETED or shown.status != IN_PROGRESS

    async def _ask(
        self,
        request: Callable[[], Awaitable[T]],
        worthwhile: Callable[[CarrierUnavailable], bool] = lambda error: error.retry_safe,
        answer_s: float = ANSWER_S,
    ) -> T:
        """Try until it works, `worthwhile` says no, or the budget is used up. Pauses double. Errors: CarrierError."""
        give_up_at = self._clock.now() + BUDGET_S
        pause_s = PAUSE_S
        while True:
            try:
                async with asyncio.timeout(self._clock.real_seconds(answer_s)):
                    return await request()
            except FAILURES as error:
                failure = carrier_error(error)
            if isinstance(failure, CarrierRefused) or not worthwhile(failure):
                raise failure
            if self._clock.now() + pause_s > give_up_at:
                raise failure
            await self._clock.sleep(pause_s)
            pause_s *= 2


def _event(leg: CallInstance) -> LegEvent:
    sid = str(leg.sid)
    # A status that is new to us still says that the leg exists.
    return leg_event(sid, str(leg.status), leg.duration) or LegSeen(sid)
