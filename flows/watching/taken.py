"""Which files have been taken already."""

from collections.abc import Iterable

from flows.watching.batch import TakenFile

Version = tuple[int, int]
"""A file's size and when it was changed: while both stay, its bytes are not read again."""


class Taken:
    """Files taken so far, known by what is in them; size and instant of change only save looking.

    Attributes:
        versions: of each name the version that was taken last.
    """

    def __init__(self, files: Iterable[TakenFile] = ()) -> None:
        self.versions: dict[str, Version] = {}
        self._contents: set[tuple[str, bytes]] = set()
        self.add(files)

    def add(self, files: Iterable[TakenFile]) -> None:
        """These have been taken, too."""
        for one in files:
            self.versions[one.name] = (one.size, one.changed)
            self._contents.add((one.table, bytes.fromhex(one.sha256)))

    def unchanged(self, name: str, version: Version) -> bool:
        """Whether a file of this name was taken and has not been touched since."""
        return self.versions.get(name) == version

    def content(self, table: str, sha256: str) -> bool:
        """Whether a file with these bytes was taken for this table, under whatever name."""
        return (table, bytes.fromhex(sha256)) in self._contents

    def same(self, name: str, version: Version) -> None:
        """A file turned out to hold what was taken already."""
        self.versions[name] = version
