"""How whoever is not Prefect's own client asks its server: with a password, and as one whom no page made do so."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import httpx

PREFECT, AUTH = "PREFECT_API_URL", "PREFECT_API_AUTH_STRING"
_DISABLED = 422


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
    with httpx.Client(base_url=told[PREFECT], auth=login, timeout=seconds) as client:
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
