"""What may be changed about reading somebody's files."""

from pydantic import Field

from features.settings import Frozen


class IngestSettings(Frozen):
    """How much is read at once, how much is believed, and what is kept."""

    max_bad_share: float = Field(ge=0, le=1, description="share of bad rows above which a delivered table is refused")
    keep_text: bool = Field(description="keep what viewers wrote; if not, it is dropped at the door")
    batch_rows: int = Field(gt=0, le=5_000_000, description="rows read and checked at once")
    max_file_bytes: int = Field(gt=0, description="size above which a file is refused unread")
    max_expanded_bytes: int = Field(gt=0, description="size in memory above which a file's content is refused")
    max_expansion: float = Field(gt=1, description="how many times its own size a large file may expand to")
    max_line_bytes: int = Field(gt=0, le=64_000_000, description="length above which a line of text is bad")
    value_characters: int = Field(gt=0, le=10_000, description="characters of a bad value that quarantine keeps")
