"""While MLflow is away, at the start or in the middle, the champion that was checked last goes on forecasting."""

import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from small_world import day

from flows.copies import AwayError
from flows.registry import Registry
from flows.remembered import Ranking, ranking
from flows.serving import BrokenPredictorError, serving, serving_if_any
from flows.site import Site

AS_OF = day(11)
AWAY = "MLflow could not be asked"


@pytest.fixture
def site(shop_site):
    """A home in which a predictor serves, and a list was made once."""
    ranking(shop_site)
    return shop_site


def nowhere():
    """The address of nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_the_champion_as_last_known_forecasts_and_says_so(site, monkeypatch):
    before = serving(site, AS_OF)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere())
    begin = time.monotonic()
    found = serving(site, AS_OF)
    assert time.monotonic() - begin < 60
    assert found.version == before.version
    assert AWAY in found.warnings[0]
    assert AWAY not in " ".join(before.warnings)


def test_a_server_that_answers_with_errors_is_away_too(site, monkeypatch):
    class Failing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(500)

        do_POST = do_GET  # noqa: N815 - the interface

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Failing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
    assert AWAY in ranking(site).away
    server.shutdown()
    server.server_close()


def test_a_server_that_goes_away_in_the_middle_is_away(site, monkeypatch):
    registry_of = Registry.fitting

    def gone(registry, as_of):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere())
        registry.uri = nowhere()
        return registry_of(registry, as_of)

    monkeypatch.setattr(Registry, "fitting", gone)
    assert AWAY in ranking(site).away


def test_a_copy_that_is_damaged_meanwhile_is_not_used(site, monkeypatch):
    version = serving(site, AS_OF).version
    copy = Registry(site).copies.place(version)
    (copy / "predictor.json").write_text("{}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere())
    found, faults = serving_if_any(site, AS_OF)
    assert found is None
    assert "cannot be fetched anew" in faults[0].said
    with pytest.raises(BrokenPredictorError):
        serving(site, AS_OF)


def test_what_had_seen_more_serves_no_earlier_list(site, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere())
    found = ranking(site)
    assert isinstance(found, Ranking)
    assert found.fitting(AS_OF - timedelta(seconds=1)) == []
    assert len(found.fitting(AS_OF)) == 1


def test_a_home_that_never_asked_knows_no_champion(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere())
    with pytest.raises(AwayError):
        ranking(Site(home=tmp_path))


def test_another_market_is_not_served_by_this_ones_champion(site, tmp_path, monkeypatch):
    other = tmp_path / "other.yaml"
    other.write_text("market: {name: other}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere())
    with pytest.raises(AwayError):
        ranking(site.model_copy(update={"config": (other,)}))
