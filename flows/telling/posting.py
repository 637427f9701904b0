"""One attempt to post an alert, and what its answer means."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal

import httpx

from flows.telling.message import Message
from flows.telling.settings import Hook
from flows.telling.signing import Signer

_MOST_READ = 65_536
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_SENT_AS = {"Content-Type": "application/json", "User-Agent": "baokuan", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Answer:
    """What came of an attempt.

    Attributes:
        verdict: whether it was delivered, is refused for good, or may go well later.
        reason: why, in our own words; nothing that the receiver wrote.
        wait_seconds: how long the receiver asked us to wait.
    """

    verdict: Literal["delivered", "refused", "later"]
    reason: str
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class Address:
    """Where a hook posts, and with whose signature."""

    hook: Hook
    signer: Signer
    timeout_seconds: float

    def client(self) -> httpx.AsyncClient:
        """Connections to it: no redirect is followed, and no proxy or password is picked up from elsewhere."""
        return httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=self.timeout_seconds)

    async def post(self, client: httpx.AsyncClient, message: Message, at: datetime) -> Answer:
        """Post an alert once, with one limit for the whole of it, however slowly the answer drips."""
        headers = {**_SENT_AS, **self.signer.headers(message.name, int(at.timestamp()), message.body)}
        url = self.hook.url.get_secret_value()
        try:
            async with (
                asyncio.timeout(self.timeout_seconds),
                client.stream("POST", url, content=message.body, headers=headers) as response,
            ):
                await self._read_out(response)
                return answered(response.status_code, response.headers.get("retry-after", ""), at)
        except (httpx.RequestError, TimeoutError) as error:
            return Answer("later", type(error).__name__)

    @staticmethod
    async def _read_out(response: httpx.Response) -> None:
        """Read a short answer to its end, so that the connection can be used again; drop a long one."""
        size = 0
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > _MOST_READ:
                return


def answered(status: int, retry_after: str, at: datetime) -> Answer:
    """What a status means: 2xx is delivered, 5xx and a few others may go well later, all else is refused.

    >>> answered(302, "", datetime(2026, 1, 1, tzinfo=UTC))
    Answer(verdict='refused', reason='answered 302; redirects are not followed', wait_seconds=0.0)
    """
    if HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer("delivered", f"answered {status}")
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Answer("later", f"answered {status}", _asked_to_wait(retry_after, at))
    turned = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    return Answer("refused", f"answered {status}" + ("; redirects are not followed" if turned else ""))


def _asked_to_wait(retry_after: str, at: datetime) -> float:
    """Seconds of a Retry-After, which is a number or a date; 0 where it is neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - at).total_seconds())
