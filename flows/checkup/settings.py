"""What `baokuan doctor` holds for normal."""

from collections.abc import Mapping

from pydantic import Field, field_validator

from features.contracts import TABLES
from features.settings import Frozen


class Checkup(Frozen):
    """From which limits on something is a finding."""

    disk_free_bytes: int = Field(ge=0, description="least room on the disk of the home")
    clock_seconds: float = Field(gt=0, description="how far clocks may differ, and rows lie in the future")
    late_minutes: float = Field(gt=0, description="how long after its time a scheduled run may start")
    running_hours: float = Field(gt=0, description="after which a scheduled run that still runs is doubted")
    answer_seconds: float = Field(gt=0, description="how long a server has to answer")
    fresh_hours: Mapping[str, float | None] = Field(
        description="how old the newest row of a landing table may be, by table; null: however old"
    )

    @field_validator("fresh_hours")
    @classmethod
    def known(cls, hours: Mapping[str, float | None]) -> Mapping[str, float | None]:
        """Of landing tables only, and more than nothing."""
        wrong = sorted(name for name, limit in hours.items() if name not in TABLES or not (limit is None or limit > 0))
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: expected landing tables and hours above 0")
        return hours
