"""Both servers of a home, each behind the home's passwords, reached from this machine and from their own pages only."""

from collections.abc import Sequence
from dataclasses import replace

from flows.durable import folder, text
from flows.registry import Registry
from flows.servers.credentials import FILE, USER, Credentials, auth_config, sweep
from flows.servers.reached import FOLDER, LOOPBACK, MLFLOW
from flows.servers.server import PageError, Server, free, mlflow_server, prefect_server
from flows.site import Site

_USERS = "mlflow_auth.db"
_LEASES = "prefect.server.concurrency.lease_storage.filesystem"


def guarded(site: Site, mlflow_port: int, prefect_port: int) -> Sequence[Server]:
    """MLflow's and Prefect's; passwords are made if there are none yet. Two that ask at once hold the folder.

    Raises:
        PageError: both were to listen on one port.
    """
    if mlflow_port == prefect_port:
        raise PageError(f"both servers cannot have port {mlflow_port}: choose another with --prefect-port")
    place = folder(site.made() / FOLDER)
    own, config = Credentials.made(place), place / "mlflow_auth.ini"
    text(config, auth_config(place / _USERS))
    mlflow, prefect = mlflow_server(Registry(site), mlflow_port), prefect_server(prefect_port)
    names = [f"{host}:{mlflow_port}" for host in (LOOPBACK, "localhost")]
    origins = ",".join(f"http://{name}" for name in names)
    narrow = ("--app-name", "basic-auth", "--allowed-hosts", ",".join(names), "--cors-allowed-origins", origins)
    leases = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": _LEASES}  # else what was killed keeps its place for ever
    return (
        replace(
            mlflow,
            command=(*mlflow.command, *narrow),
            environment={**mlflow.environment, **own.for_mlflow(config)},
        ),
        replace(prefect, environment={**prefect.environment, **leases, **own.for_prefect()}),
    )


def begin(site: Site, server: Server) -> None:
    """See to it that a server of these can start.

    Raises:
        PageError: somebody answers at its port.
    """
    free(server)
    if server.name == MLFLOW:
        sweep(site.made() / FOLDER / _USERS)


def login(site: Site) -> str:
    """How a person is let in."""
    return f"user {USER}, passwords in {site.made() / FOLDER / FILE}; Prefect asks for USER:PASSWORD"
