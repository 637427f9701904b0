"""How whoever is not Prefect's own client shows Prefect's server that it means what it asks: no page made it do so."""

from uuid import uuid4

import httpx

_DISABLED = 422


def meant(client: httpx.Client, api: str) -> httpx.Client:
    """The client, with the token that the server wants to see where it guards against forged requests.

    Args:
        client: with its password.
        api: address of the server's API.

    Raises:
        httpx.HTTPError: the server does not answer, or not to us.
    """
    name = str(uuid4())
    answer = client.get(f"{api}/csrf-token", params={"client": name})
    if answer.status_code != _DISABLED:
        token = answer.raise_for_status().json()["token"]
        client.headers.update({"Prefect-Csrf-Client": name, "Prefect-Csrf-Token": token})
    return client
