"""How whoever is not Prefect's own client asks its server: with a password, and as one whom no page made do so."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import httpx

PREFECT, AUTH = "PREFECT_API_URL", "PREFECT_API_AUTH_STRING"
_DISABLED, _BUSY = 422, 503
_WAITS_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0)


class _Patient(httpx.HTTPTransport):
    """Asks again, a few times, while the server says that it is busy, as when its database is being written to."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for seconds in _WAITS_SECONDS:
            answer = super().handle_request(request)
            if answer.status_code != _BUSY:
                return answer
            answer.close()
            time.sleep(seconds)
        return super().handle_request(request)


@contextmanager
def asking(told: Mapping[str, str], seconds: float) -> Iterator[httpx.Client]:
    """A client of the server's API; paths are those below it.

    Args:
        told: what the environment says: the address, and the password where there is one.
        seconds: within which each answer must come.

    Raises:
        httpx.HTTPError: the server does not answer, or not to us.
    """
    user, _, password = told.get(AUTH, "").partition(":")
    login = (user, password) if told.get(AUTH) else None
    with httpx.Client(base_url=told[PREFECT], auth=login, timeout=seconds, transport=_Patient()) as client:
        yield meant(client)


def meant(client: httpx.Client) -> httpx.Client:
    """The client, with the token that the server wants to see where it guards against forged requests.

    Args:
        client: of the server's API, with its password.

    Raises:
        httpx.HTTPError: the server does not answer, or not to us.
    """
    name = str(uuid4())
    answer = client.get("csrf-token", params={"client": name})
    if answer.status_code != _DISABLED:
        token = answer.raise_for_status().json()["token"]
        client.headers.update({"Prefect-Csrf-Client": name, "Prefect-Csrf-Token": token})
    return client
