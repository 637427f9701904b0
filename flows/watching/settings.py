"""What may be changed about following a landing zone or a database."""

from typing import Annotated

from pydantic import Field

from features.contracts import TABLES
from features.settings import Frozen

_NAME = r"[^\x00]{1,63}"
Name = Annotated[str, Field(pattern=rf"^{_NAME}$")]
Table = Annotated[str, Field(pattern=rf"^({'|'.join(TABLES)})$")]


class Pace(Frozen):
    """How long a file must lie unchanged, and how much is taken at once."""

    settle_seconds: float = Field(ge=0, description="a CSV or NDJSON file is taken when unchanged for so long")
    patience_seconds: float = Field(ge=0, description="the same for a file that looks torn, which is then quarantined")
    batch_bytes: int = Field(gt=0, description="size of files from which on the rest waits for the next tick")


class Relation(Frozen):
    """A PostgreSQL table to which rows of one landing table are appended; its columns have the contract's names."""

    relation: str = Field(pattern=r"^[^\x00.]{1,63}\.[^\x00]{1,63}$", description="schema and name: public.events")
    cursor: Name = Field(description="column of whole numbers that grows with every row, such as a bigserial")
    transaction: Name | None = Field(
        description="xid8 column with default pg_current_xact_id(); null: rows that commit late are looked for"
    )
    overlap: int = Field(gt=0, le=10_000_000, description="how far below the highest cursor they are looked for")


class Database(Frozen):
    """Which tables of a database are followed; where it is says the environment only."""

    tables: dict[Table, Relation]
    batch_rows: int = Field(gt=0, le=5_000_000, description="most rows of a table in one tick")
    timeout_seconds: int = Field(gt=0, description="after which a connection or a query is given up")
