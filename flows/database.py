"""A home's own database of training runs: whole, or not there.

MLflow makes it step by step and leaves half of one, which it cannot open again, where it is killed at its first start.
"""

from pathlib import Path

from flows.durable import whole

NAME = "mlflow.db"


def own(home: Path) -> str:
    """The address of a home's own database, which is made if it is not there; one process at a time may ask."""
    database = home / NAME
    if not database.exists():
        whole(database, lambda unfinished: _made(unfinished, home / "artifacts"))
    return _address(database)


def remove(database: Path) -> None:
    """Remove a database, if it is there, with the journal of what a kill left undone in it."""
    for path in (database, Path(f"{database}-journal")):
        path.unlink(missing_ok=True)


def _made(database: Path, artifacts: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    remove(database)
    SqlAlchemyStore(_address(database), artifacts.as_uri()).engine.dispose()


def _address(database: Path) -> str:
    return f"sqlite:///{database}"
