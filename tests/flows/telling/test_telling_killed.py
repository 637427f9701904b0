"""What kills -9 in the middle of telling do to the alert log and to a receiver."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from itertools import cycle

import pytest

TICKS = 60

# The child goes on after the last tick that the log holds, as a watch does.
CHILD = """
import os, random, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
import polars as pl
from flows.lake import Lake
from flows.telling.carrier import Clockwork
from flows.telling.log import AlertLog
from flows.telling.settings import Hooks
from flows.telling.telling import Teller
from flows.telling.webhooks import Surroundings, Webhooks
from stocking.acts.advise import ALERTS

home, hooks, ticks = Path(sys.argv[1]), Hooks.model_validate_json(sys.argv[2]), int(sys.argv[3])
log = AlertLog(Lake(home))
clockwork = Clockwork(lambda: datetime.now(UTC), random.random)
around = Surroundings(os.environ, lambda audience, reader: lambda alerts: alerts, clockwork, home / "outbox")

def alerts(tick):
    rows = [
        {"alert_id": f"alert{tick:05d}-P{n}", "tick": tick, "kind": "swap", "session_id": "S", "product_id": f"P{n}"}
        | {"cutoff": datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=tick)}
        for n in range(tick % 4)
    ]
    return pl.DataFrame(rows, schema=ALERTS)

with Webhooks(log, hooks, around) as webhooks:
    teller = Teller(log, webhooks, None)
    print("begun", flush=True)
    for tick in range(max(1, log.last_tick()), ticks + 1):
        teller.tell(tick, alerts(tick))
        time.sleep(0.01)
print("done", flush=True)
"""


def child(home, hooks, kit):
    environment = os.environ | {"BAOKUAN_WEBHOOK_SECRET": kit.SECRET}
    url = hooks.hooks[0].url.get_secret_value()
    told = json.dumps(hooks.model_dump(mode="json") | {"hooks": [{"url": url, "audience": "merchant"}]})
    arguments = [sys.executable, "-c", CHILD, str(home), told, str(TICKS)]
    return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_after_kills_every_alert_has_arrived_and_each_is_kept_once(kit, receiver, log, tmp_path, kills):
    chance = random.Random(7)
    receiver.replies = cycle([*[kit.Reply(pause_seconds=0.005)] * 6, kit.Reply(503)])
    hooks = kit.patient(receiver.url, drain_seconds=60.0)
    killed = 0
    while True:
        with child(tmp_path / "home", hooks, kit) as process:
            assert process.stdout.readline() == "begun\n"
            if killed == kills:
                assert process.stdout.readline() == "done\n"
                break
            time.sleep(chance.uniform(0.0, 0.25))
            assert process.poll() is None, "it was too quick to be killed"
            process.kill()
            killed += 1
    expected = [f"alert{tick:05d}-P{n}" for tick in range(1, TICKS + 1) for n in range(tick % 4)]
    assert log.read()["alert_id"].to_list() == expected

    accepted = Counter(name for n, name in enumerate(receiver.names) if n % 7 != 6)
    assert sorted(accepted) == expected
    assert sum(accepted.values()) - len(expected) <= kills  # only what was under way when the kill came
    bodies = {(headers["webhook-id"], headers["Idempotency-Key"], body) for headers, body in receiver.got}
    assert len(bodies) == len(expected)
    assert all(kit.is_signed(*one) for one in receiver.got)

    told = [line for line in kit.told(tmp_path / "home" / "outbox") if line.get("outcome") == "delivered"]
    assert sorted(line["alert_id"] for line in told) == expected
