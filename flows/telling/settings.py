"""What may be changed about how alerts are carried to people."""

import ipaddress
from typing import Annotated, Self

import httpx
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from features.settings import Frozen

VARIABLE = "BAOKUAN_WEBHOOK_SECRET"
_MOST_LETTERS, _MOST_LETTERS_A_LABEL = 2_000, 63


def _legal(url: SecretStr) -> SecretStr:
    """An address that we may post to; the message never repeats it, since whoever knows it may hold a key to it."""
    said = url.get_secret_value()
    try:
        read = httpx.URL(said)
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("no URL that can be read") from None
    labels = read.host.split(".")
    if not read.host or len(said) > _MOST_LETTERS or max(map(len, labels)) > _MOST_LETTERS_A_LABEL:
        raise ValueError("no URL that can be read")
    if read.scheme != "https" and not (read.scheme == "http" and _is_loopback(read.host)):
        raise ValueError("expected https://, or http:// to this machine itself")
    if read.userinfo or read.fragment:
        raise ValueError("found a user, a password or a # in it, expected none")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Hook(Frozen):
    """An address of another system, and what may be told there."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[SecretStr, AfterValidator(_legal)] = Field(
        description="where alerts are posted to; https, or http to this machine itself"
    )
    audience: str = Field(pattern=r"^[a-z_]{1,40}$", description="whose part of the alerts is told there")
    reader: str | None = Field(default=None, min_length=1, description="id of that merchant, supplier or anchor")
    secret_from: str = Field(
        default=VARIABLE,
        pattern=rf"^{VARIABLE}(_[A-Z0-9_]{{1,60}})?$",
        description="the environment's variable that holds the secret to sign with; each receiver should have its own",
    )

    def name(self) -> str:
        """How the log speaks of it: without the path, which may be as good as a key."""
        return f"{httpx.URL(self.url.get_secret_value()).host} ({self.audience})"


class Hooks(Frozen):
    """Where alerts are posted to, and how patiently."""

    hooks: tuple[Hook, ...] = Field(max_length=1_000, description="addresses; each gets only what its audience may see")
    timeout_seconds: float = Field(gt=0, le=60, description="within which an address must have answered")
    retries: int = Field(ge=0, le=20, description="how often an alert that met no answer is tried again")
    backoff_seconds: float = Field(gt=0, le=60, description="wait before the first retry, doubled after each")
    longest_wait_seconds: float = Field(gt=0, le=3_600, description="no wait is longer, whatever the receiver asks for")
    queue_alerts: int = Field(
        ge=1, le=1_000_000, description="kept in memory for an address; the rest waits in the lake"
    )
    drain_seconds: float = Field(ge=0, le=600, description="at the end, so long may what waits still be posted")

    @model_validator(mode="after")
    def apart(self) -> Self:
        """No address twice: with one key for two different texts, its receiver would drop the second."""
        urls = [hook.url.get_secret_value() for hook in self.hooks]
        if len(set(urls)) < len(urls):
            raise ValueError("the same url stands there twice, expected one audience for an address")
        return self


class Shown(Frozen):
    """The page of the latest alerts in Prefect."""

    page_seconds: float = Field(gt=0, description="the page is written anew at most so often")
    page_alerts: int = Field(ge=1, le=500, description="how many of the latest alerts it shows")
    queue_alerts: int = Field(ge=1, le=1_000_000, description="more that wait to be shown are left out, and counted")
    drain_seconds: float = Field(ge=0, le=600, description="at the end, so long may what waits still be shown")


class Telling(Frozen):
    """How alerts are carried to people."""

    webhooks: Hooks
    prefect: Shown
