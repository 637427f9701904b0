"""Signatures by which a receiver knows that an alert comes from us, as the Standard Webhooks specification has them."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.telling.settings import Hook

_BEGINNING = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64


class SecretError(ValueError):
    """A secret that is missing or cannot be used; the message never holds it."""


@dataclass(frozen=True)
class Signer:
    """Signs with every secret of a receiver: while they are changed, with the old and the new one."""

    keys: Sequence[bytes] = field(repr=False)

    def headers(self, name: str, seconds: int, body: bytes) -> dict[str, str]:
        """The headers that go with a body.

        Args:
            name: the alert's id, the same each time that it is sent.
            seconds: when it is sent, since 1970.
            body: the very bytes that are sent.

        >>> signer = Signer([base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])  # the specification's own example
        >>> signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')["webhook-signature"]
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
        """
        content = b".".join((name.encode("ascii"), str(seconds).encode("ascii"), body))
        made = (hmac.new(key, content, hashlib.sha256).digest() for key in self.keys)
        return {
            "webhook-id": name,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode('ascii')}" for one in made),
            "Idempotency-Key": name,
        }


def signer(hook: Hook, environment: Mapping[str, str]) -> Signer:
    """The signer of a hook, with its secrets from the environment; several are parted by spaces.

    Raises:
        SecretError: there is none, or it is not base64 of 24 to 64 bytes behind `whsec_`.
    """
    keys = [_key(hook.secret_from, secret) for secret in environment.get(hook.secret_from, "").split()]
    if not keys:
        raise SecretError(f"no {hook.secret_from} in the environment to sign with; {_help()}")
    return Signer(keys)


def _key(variable: str, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_BEGINNING), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_BEGINNING) or not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise SecretError(f"{variable} is no secret to sign with; {_help()}")
    return key


def _help() -> str:
    wanted = f"{_BEGINNING} and the base64 of {_LEAST_BYTES} to {_MOST_BYTES} random bytes"
    return f"expected {wanted}, as `openssl rand -base64 32` writes them"
