import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.telling.settings import Hook
from flows.telling.signing import SecretError, Signer, signer

HOOK = Hook.model_validate({"url": "https://a.example", "audience": "anchor"})
OLD, NEW = bytes(24), bytes(range(64))


def secret(key):
    return "whsec_" + base64.b64encode(key).decode()


@given(body=st.binary(max_size=200), key=st.binary(min_size=24, max_size=64), seconds=st.integers(0, 2**40))
def test_a_signature_is_that_of_id_time_and_body(body, key, seconds):
    found = Signer([key]).headers("msg-1", seconds, body)
    expected = hmac.digest(key, f"msg-1.{seconds}.".encode() + body, hashlib.sha256)
    assert found["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"
    assert (found["webhook-id"], found["Idempotency-Key"]) == ("msg-1", "msg-1")
    assert found["webhook-timestamp"] == str(seconds)


def test_while_a_secret_is_changed_both_sign():
    both = signer(HOOK, {"BAOKUAN_WEBHOOK_SECRET": f"{secret(NEW)} {secret(OLD)}"})
    signatures = both.headers("a", 1, b"{}")["webhook-signature"].split(" ")
    assert signatures == [Signer([key]).headers("a", 1, b"{}")["webhook-signature"] for key in (NEW, OLD)]


@pytest.mark.parametrize(
    "given_secret",
    ["", " ", "hunter2hunter2hunter2hunter2hunter2", secret(bytes(23)), secret(bytes(65)), "whsec_!!", "whsec_ü"],
)
def test_a_bad_secret_is_refused_without_being_said(given_secret):
    with pytest.raises(SecretError, match="BAOKUAN_WEBHOOK_SECRET") as error:
        signer(HOOK, {"BAOKUAN_WEBHOOK_SECRET": given_secret})
    assert not given_secret.strip() or given_secret not in str(error.value)


def test_each_receiver_may_have_its_own_secret():
    own = HOOK.model_copy(update={"secret_from": "BAOKUAN_WEBHOOK_SECRET_M1"})
    environment = {"BAOKUAN_WEBHOOK_SECRET": secret(OLD), "BAOKUAN_WEBHOOK_SECRET_M1": secret(NEW)}
    assert signer(own, environment).keys == [NEW]
    with pytest.raises(SecretError):
        signer(own, {"BAOKUAN_WEBHOOK_SECRET": secret(OLD)})


def test_a_signer_does_not_show_its_keys():
    assert "keys" not in repr(Signer([NEW]))
