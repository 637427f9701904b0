"""What happens to people's data at the door: viewers become keyed hashes, and text is kept only as configured."""

import hashlib

import polars as pl

from features.contract import TableContract

PSEUDONYM_BYTES = 8


def at_the_door(rows: pl.DataFrame, contract: TableContract, door: "Door") -> pl.DataFrame:
    """Rows without anybody's id or words in them, unless the words are to be kept."""
    return rows.with_columns(
        door.pseudonyms(rows[column.name]) if column.kind == "id" else door.words(rows[column.name])
        for column in contract.columns.values()
        if column.private
    )


class Door:
    """The key that viewers are hashed with, and whether what they wrote may pass."""

    def __init__(self, key: bytes, *, keep_text: bool) -> None:
        self._key = hashlib.blake2b(key).digest()  # keys of any length
        self._keep_text = keep_text

    def pseudonyms(self, viewers: pl.Series) -> pl.Series:
        """Sixteen hexadecimal digits for each id: equal for equal ids, and not to be undone without the key."""
        ids = viewers.unique().drop_nulls()
        hashed = pl.Series([self._pseudonym(viewer) for viewer in ids], dtype=pl.String)
        return viewers.replace_strict(ids, hashed, return_dtype=pl.String) if len(ids) else viewers

    def words(self, texts: pl.Series) -> pl.Series:
        """The texts, or nothing in their place."""
        return texts if self._keep_text else pl.repeat(None, len(texts), dtype=pl.String, eager=True).alias(texts.name)

    def fingerprint(self) -> str:
        """By which a different key is noticed: it says nothing of the key itself."""
        return hashlib.blake2b(b"fingerprint", key=self._key, digest_size=PSEUDONYM_BYTES).hexdigest()

    def _pseudonym(self, viewer: str) -> str:
        return hashlib.blake2b(viewer.encode(), key=self._key, digest_size=PSEUDONYM_BYTES).hexdigest()
