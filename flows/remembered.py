"""Which predictors serve, remembered beside their copies, so that a list can be made while MLflow is away."""

import json
import logging
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from flows.copies import AwayError, Copies, FetchError
from flows.durable import text
from flows.registry import Registry, away_told
from flows.site import Site
from flows.version import Version

LOG = logging.getLogger("baokuan.remembered")
_EVER = datetime.max.replace(tzinfo=UTC)
_FILE = "serving.json"


@dataclass(frozen=True)
class Shelf:
    """The copies of a home, where nothing can be fetched."""

    copies: Copies
    away: str

    def folder(self, version: Version, *, anew: bool = False) -> Path:
        """The copy of a version.

        Raises:
            FetchError: there is none, or another one is asked for.
        """
        place = self.copies.place(version)
        if anew or not place.is_dir():
            raise FetchError(f"{version} cannot be fetched: {self.away}")
        return place


@dataclass(frozen=True, eq=False)
class Ranking:
    """Who may serve.

    Attributes:
        versions: the champion first, then former ones, the last in service before the others.
        shelf: where their files are.
        away: why MLflow could not be asked; empty where it could.
    """

    versions: tuple[Version, ...]
    shelf: Registry | Shelf
    away: str = ""

    def fitting(self, as_of: datetime) -> list[Version]:
        """Those that had seen nothing later."""
        return [one for one in self.versions if one.as_of <= as_of]


def ranking(site: Site) -> Ranking:
    """As MLflow says; where it is away, as it said when it was last asked from this home.

    Raises:
        AwayError: it is away, and was never asked from this home.
    """
    path = site.made() / "models" / _FILE
    try:
        with away_told():
            registry = Registry(site)
            found = registry.fitting(_EVER)
    except AwayError as error:
        told = f"MLflow could not be asked who serves ({error}): it is who served when it last could be"
        if not path.exists():
            raise
        LOG.error("%s", told)  # noqa: TRY400 - its story is one line
        versions, market = _read(path)
        if market != site.settings().registered:
            raise
        return Ranking(versions, Shelf(Copies(path.parent), str(error)), told)
    _remember(path, found, site.settings().registered)
    return Ranking(tuple(found), registry)


def _remember(path: Path, versions: list[Version], market: str) -> None:
    told = json.dumps({"market": market, "versions": [asdict(one) for one in versions]}, default=datetime.isoformat)
    if not path.exists() or path.read_text(encoding="utf-8") != told:
        text(path, told)


def _read(path: Path) -> tuple[tuple[Version, ...], str]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return tuple(_version(one) for one in told["versions"]), told["market"]


def _version(told: dict[str, object]) -> Version:
    instants = {name: datetime.fromisoformat(str(told[name])) for name in ("as_of", "instead_since") if told[name]}
    known = {one.name: told[one.name] for one in fields(Version) if one.name in told}  # an older one knew fewer
    return Version(**{**known, **instants, "lost_to": tuple(told["lost_to"])})  # type: ignore[arg-type]
