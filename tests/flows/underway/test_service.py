"""Who forecasts sessions that are opened: asked each time, and the same after a restart."""

import socket
from datetime import timedelta

import pytest
from recorded import signed_as
from small_world import day

from flows.registry import Registry
from flows.serving import serving
from flows.underway.service import Champions

AS_OF = day(11)


def numbers(*found):
    return [one.version.number for one in found]


def promote_another(site, folder):
    """A second version with the same files takes over."""
    registry = Registry(site)
    first = registry.version(1)
    made = registry.client.create_model_version(registry.name, folder.as_uri(), tags=signed_as(first))
    version = registry.version(int(made.version))
    registry.copies.keep(version, folder)
    registry.promote(version)


def nobody():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def first(shop_site):
    return serving(shop_site, AS_OF)


@pytest.mark.slow
def test_a_champion_that_was_promoted_forecasts_from_then_on_also_after_a_restart(
    shop_site, shop_files, first, monkeypatch
):
    """Sessions opened before stay with the former one; while MLflow is away whoever was last goes on."""
    champions = Champions(shop_site, first)
    assert champions.now(AS_OF) is first
    promote_another(shop_site, shop_files[0])
    assert numbers(champions.now(AS_OF)) == [2]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nobody())
    assert numbers(champions.now(AS_OF)) == [2]
    digest = shop_files[1]
    again = Champions(shop_site, serving(shop_site, AS_OF))
    assert numbers(again.former((1, digest), AS_OF), again.former((2, digest), AS_OF)) == [1, 2]


def test_where_nobody_may_serve_the_one_that_served_last_goes_on(shop_site, first, caplog):
    """All that was learnt had seen more than was known then."""
    champions = Champions(shop_site, first)
    assert champions.now(AS_OF - timedelta(days=1)) is first
    assert "goes on to forecast" in caplog.text


def test_a_version_that_cannot_be_had_any_more_makes_way_loudly(shop_site, first, caplog):
    champions = Champions(shop_site, first)
    assert champions.former((7, "0" * 64), AS_OF) is first
    assert "cannot be used any more" in caplog.text
