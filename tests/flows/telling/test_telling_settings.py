import pytest
import yaml
from pydantic import ValidationError

from flows.telling.settings import Hook, Hooks

LIMITS = {
    "timeout_seconds": 5,
    "retries": 1,
    "backoff_seconds": 1,
    "longest_wait_seconds": 9,
    "queue_alerts": 9,
    "drain_seconds": 1,
}


def hook(url, **changes):
    return Hook.model_validate({"url": url, "audience": "merchant", **changes})


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x?token=1",
        "http://127.0.0.1:80/",
        "http://127.9.9.9",
        "http://[::1]:8/x",
        "http://localhost/x",
    ],
)
def test_alerts_go_to_https_or_to_this_machine(url):
    assert hook(url).url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x",
        "http://127.0.0.1.a.example/x",
        "http://localhost.a.example",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "ftp://a.example",
        "file:///etc/passwd",
        "https://",
        "//a.example",
        "a.example",
        "https://user:pass@a.example/",
        "https://a.example/#x",
        "https://a.example/\r\nX: y",
        f"https://{'a' * 64}.example/",
        f"https://a.example/{'a' * 2000}",
        "https://[::1",
        "",
        "**********",
    ],
)
def test_alerts_go_nowhere_else(url):
    with pytest.raises(ValidationError) as error:
        hook(url)
    assert "input_value" not in str(error.value)


def test_an_address_is_never_written_out_since_it_may_hold_a_key():
    kept = hook("https://hooks.example/T0K3N", reader="M1")
    hooks = Hooks(hooks=(kept,), **LIMITS)
    assert "T0K3N" not in f"{hooks!r} {hooks} {hooks.model_dump_json()} {yaml.safe_dump(hooks.model_dump(mode='json'))}"
    assert kept.name() == "hooks.example (merchant)"


def test_an_address_stands_there_once():
    one, other = hook("https://a.example", reader="M1"), hook("https://a.example", reader="M2")
    with pytest.raises(ValidationError, match="twice"):
        Hooks(hooks=(one, other), **LIMITS)


@pytest.mark.parametrize("name", ["PATH", "AWS_SECRET_ACCESS_KEY", "BAOKUAN_WEBHOOK_SECRETS", "BAOKUAN_VIEWER_KEY", ""])
def test_no_other_secret_of_the_environment_is_signed_with(name):
    with pytest.raises(ValidationError):
        hook("https://a.example", secret_from=name)
    own = "BAOKUAN_WEBHOOK_SECRET_M1"
    assert hook("https://a.example", secret_from=own).secret_from == own
