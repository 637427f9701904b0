"""One registered predictor, as its tags in the registry describe it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SERVED, WITHDRAWN = "true", "withdrawn"


@dataclass(frozen=True)
class Version:
    """One registered predictor: its number, what it had seen, and what it is known by.

    Attributes:
        name: of the registered model.
        number: its version, counted from 1.
        as_of: the cutoff of its training; it saw nothing known later.
        digest: sha256 of the manifest of its files.
        lost_to: the baselines that were better on the same folds.
        run_id: the training run that made it.
        served: whether it is, or was, a champion and was not withdrawn.
        turn: counts the changes of champion; 0 where it never took over, but serves earlier cutoffs.
        verdict: what the rules of promotion said of it.
        by_hand: whether a person put it into service.
        instead: the baseline that makes the lists in its place; empty where it does so itself.
        instead_since: from which cutoff on.
        signature: by which its record is known as one of ours (`flows.seal`).
    """

    name: str
    number: int
    as_of: datetime
    digest: str
    lost_to: tuple[str, ...] = ()
    run_id: str = field(default="", compare=False)
    served: bool = field(default=False, compare=False)
    turn: int = field(default=0, compare=False)
    verdict: str = field(default="", compare=False)
    by_hand: bool = field(default=False, compare=False)
    instead: str = field(default="", compare=False)
    instead_since: datetime | None = field(default=None, compare=False)
    signature: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.name}/{self.number}"

    @classmethod
    def of(cls, found: Any) -> "Version":
        """Read off what the registry keeps of it."""
        tags = found.tags
        return cls(
            name=found.name,
            number=int(found.version),
            as_of=datetime.fromisoformat(tags["as_of"]),
            digest=tags["digest"],
            lost_to=tuple(name for name in tags.get("lost_to", "").split(", ") if name),
            run_id=found.run_id or "",
            served=tags.get("served") == SERVED,
            turn=int(tags.get("turn", "0")),
            verdict=tags.get("verdict", ""),
            by_hand="promoted_by" in tags,
            instead=tags.get("instead", ""),
            instead_since=datetime.fromisoformat(tags["instead_since"]) if tags.get("instead_since") else None,
            signature=tags.get("signature", ""),
        )
