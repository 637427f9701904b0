"""Who may ask the servers of a home: made once, in a file that only its owner may read, told by environment only."""

import json
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.database import remove
from flows.home_key import write_secret

FILE = "credentials.json"
USER = "admin"
_BYTES = 24
_ASKED, _ASKING = "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"


@dataclass(frozen=True, repr=False)
class Credentials:
    """The passwords of one home's servers.

    Attributes:
        mlflow_password: of the user `admin`.
        mlflow_secret: signs the cookies of MLflow's pages.
        prefect_password: of the user `admin`.
    """

    mlflow_password: str
    mlflow_secret: str
    prefect_password: str

    @classmethod
    def made(cls, folder: Path) -> "Credentials":
        """Those of a folder, made if there are none yet; two that make them at once hold the folder."""
        path = folder / FILE
        if not path.exists():
            drawn = cls(*(secrets.token_urlsafe(_BYTES) for _ in range(3)))
            write_secret(path, json.dumps(asdict(drawn)).encode())
        return cls(**json.loads(path.read_text(encoding="ascii")))

    def for_mlflow(self, config: Path) -> Mapping[str, str]:
        """What MLflow's server is told.

        Args:
            config: of its passwords' database (`auth_config`).
        """
        return {
            "MLFLOW_AUTH_CONFIG_PATH": str(config),
            "MLFLOW_AUTH_ADMIN_USERNAME": USER,
            "MLFLOW_AUTH_ADMIN_PASSWORD": self.mlflow_password,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": self.mlflow_secret,
        }

    def for_prefect(self) -> Mapping[str, str]:
        """What Prefect's server is told."""
        return {
            _ASKED: f"{USER}:{self.prefect_password}",
            "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        }

    def for_clients(self) -> Mapping[str, str]:
        """What whoever asks either of them is told."""
        return {
            "MLFLOW_TRACKING_USERNAME": USER,
            "MLFLOW_TRACKING_PASSWORD": self.mlflow_password,
            _ASKING: f"{USER}:{self.prefect_password}",
        }


def shared(told: Mapping[str, str]) -> Mapping[str, str]:
    """What a Prefect server of one process, and whoever asks it, are told: one password, drawn anew if they have none.

    Args:
        told: what the environment says already.
    """
    password = told.get(_ASKING) or told.get(_ASKED) or f"{USER}:{secrets.token_urlsafe(_BYTES)}"
    return dict.fromkeys((_ASKED, _ASKING), password)


def sweep(database: Path) -> None:
    """Remove what a kill at its first start left of where MLflow keeps its users: the first of them comes last."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as asked:
            whole = asked.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError:  # no such file, or no such table
        whole = False
    if not whole:
        remove(database)


def auth_config(database: Path) -> str:
    """The configuration of MLflow's passwords: where they are kept, hashed, and for how long one stands checked."""
    return "\n".join(
        (
            "[mlflow]",
            "default_permission = NO_PERMISSIONS",
            f"database_uri = sqlite:///{database}",
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth",
            "auth_cache_ttl_seconds = 60",  # else each request hashes the password for a quarter of a second
            "",
        )
    )
