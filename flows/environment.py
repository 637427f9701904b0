"""What must stand in the environment before Prefect, MLflow or LightGBM are imported."""

import os
import sys
from pathlib import Path

from flows.servers.credentials import shared
from flows.servers.reached import reached

_QUIET = {
    "DO_NOT_TRACK": "true",  # MLflow reads only this spelling
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # by default an unreachable server hangs the client for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "GIT_PYTHON_REFRESH": "quiet",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # the default of 20 is too short on a busy machine
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "baokuan",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_CLI_PROMPT": "false",
    "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads are up to sixty times slower beside one busy neighbour
    "GOMP_SPINCOUNT": "0",
    "MPLBACKEND": "Agg",
}


def prepare(home: Path) -> None:
    """Keep every tool quiet, offline and inside this home; what the caller's environment already says stays.

    The servers that `baokuan up` started for it are used, unless the environment names others. Where there are none,
    Prefect starts one for this process, which then lets in only this process and its children.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if not {"PREFECT_API_URL", "MLFLOW_TRACKING_URI"} & os.environ.keys():
        os.environ.update(reached(home.resolve()))
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(home.resolve() / "prefect"))
        Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)  # Prefect makes only the last folder
        if "prefect" not in sys.modules:  # else it has read its environment already, and would not know the password
            os.environ.update(shared(os.environ))
