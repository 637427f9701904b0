"""How whatever works on a home reaches the servers that `baokuan up` started for it."""

from collections.abc import Mapping
from pathlib import Path

from flows.servers.credentials import Credentials
from flows.servers.record import Running, kept

FOLDER = "servers"
MLFLOW, PREFECT = "MLflow", "Prefect"
LOOPBACK = "127.0.0.1"


def reached(home: Path) -> Mapping[str, str]:
    """What the environment must say for it; nothing where they do not run."""
    living = {one.name: one for one in kept(home / FOLDER) if one.lives()}
    return clients(home, living) if {MLFLOW, PREFECT} <= living.keys() else {}


def clients(home: Path, running: Mapping[str, Running]) -> Mapping[str, str]:
    """What the environment must say to ask these servers."""
    return {
        "MLFLOW_TRACKING_URI": f"http://{LOOPBACK}:{running[MLFLOW].port}",
        "PREFECT_API_URL": f"http://{LOOPBACK}:{running[PREFECT].port}/api",
        **Credentials.made(home / FOLDER).for_clients(),
    }
