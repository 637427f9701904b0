"""What happens to people's data at the door: viewers become keyed hashes, and text is kept only as configured.

Who was forgotten stays so: of their rows, delivered again or anew, neither who nor what they wrote passes. They are
known by a second keyed hash, their tombstone, which is neither their id nor their pseudonym.
"""

import hashlib

import polars as pl

from features.contract import TableContract

PSEUDONYM_BYTES, TOMBSTONE_BYTES = 8, 16
REMEMBERED = 1 << 17
"""Viewers whose pseudonyms a door has at hand, in memory only: those of a live evening come again every minute."""
_NAMED = ("viewer_id", "order_id")
PERSONAL = ("viewer_id", "text", "reason")
"""Columns that tell who it was or what they wrote."""


def at_the_door(rows: pl.DataFrame, contract: TableContract, door: "Door") -> pl.DataFrame:
    """Rows without anybody's id or words in them, unless the words are to be kept, and nothing of who was forgotten."""
    passed = rows.with_columns(
        door.pseudonyms(rows[column.name]) if column.kind == "id" else door.words(rows[column.name])
        for column in contract.columns.values()
        if column.private
    )
    personal = [name for name in PERSONAL if name in rows.columns]
    if not personal or not (theirs := door.forgotten(rows)).any():
        return passed
    return passed.with_columns(
        pl.when(theirs).then(pl.lit(None, pl.String)).otherwise(pl.col(name)).alias(name) for name in personal
    )


class Door:
    """The key that viewers are hashed with, whether what they wrote may pass, and who was forgotten."""

    def __init__(self, key: bytes, *, keep_text: bool, forgotten: frozenset[str] = frozenset()) -> None:
        self._key = hashlib.blake2b(key).digest()  # keys of any length
        self._keep_text, self._forgotten = keep_text, forgotten
        self._known = pl.DataFrame(schema={"id": pl.String, "pseudonym": pl.String})

    def pseudonyms(self, viewers: pl.Series) -> pl.Series:
        """Sixteen hexadecimal digits for each id: equal for equal ids, and not to be undone without the key."""
        rows = viewers.alias("id").to_frame()
        told = rows.join(self._known, on="id", how="left", maintain_order="left")
        new = told.filter(pl.col("pseudonym").is_null(), pl.col("id").is_not_null())["id"].unique()
        if len(new):
            hashed = pl.Series(map(self.pseudonym, new), dtype=pl.String)
            self._known = pl.concat([self._known, pl.DataFrame({"id": new, "pseudonym": hashed})], rechunk=True)
            told = rows.join(self._known, on="id", how="left", maintain_order="left")
        self._known = self._known.tail(REMEMBERED)
        return told["pseudonym"].alias(viewers.name)

    def pseudonym(self, viewer: str) -> str:
        """The same of one id, whether it was forgotten or not."""
        return hashlib.blake2b(viewer.encode(), key=self._key, digest_size=PSEUDONYM_BYTES).hexdigest()

    def words(self, texts: pl.Series) -> pl.Series:
        """The texts, or nothing in their place."""
        return texts if self._keep_text else pl.repeat(None, len(texts), dtype=pl.String, eager=True).alias(texts.name)

    def tombstone(self, column: str, value: str) -> str:
        """By which a forgotten viewer, or an order of theirs, is known again; it tells neither who nor which.

        Args:
            column: `viewer_id` or `order_id`.
            value: the id as it is delivered.
        """
        made = hashlib.blake2b(value.encode(), key=self._key, person=column.encode(), digest_size=TOMBSTONE_BYTES)
        return made.hexdigest()

    def forgotten(self, rows: pl.DataFrame) -> pl.Series:
        """For each row, as delivered, whether it is of a viewer who was forgotten, or of an order of theirs."""
        theirs = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
        for name in _NAMED if self._forgotten else ():
            if name in rows.columns:
                theirs |= rows[name].is_in(self._buried(rows[name])).fill_null(value=False)
        return theirs

    def fingerprint(self) -> str:
        """By which a different key is noticed: it says nothing of the key itself."""
        return hashlib.blake2b(b"fingerprint", key=self._key, digest_size=PSEUDONYM_BYTES).hexdigest()

    def _buried(self, ids: pl.Series) -> list[str]:
        return [one for one in ids.unique().drop_nulls() if self.tombstone(ids.name, one) in self._forgotten]
