"""Events of the lake, condensed: each delivered file once and kept beside the lake; a new day costs only itself."""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from features.condensed import IDS, condense, joined, repeated
from features.contracts import TABLES
from features.settings import Comments
from flows.durable import folder, settle
from flows.places import Place, read_rows
from flows.spread import scheduler, spread

FORMAT = "1"  # one more whenever `features.condensed` or `features.comments` come to other results


class Condensing:
    """The condensed files of one home.

    Args:
        home: of the lake.
        lexicon: by which comments are counted; with another one, all is condensed anew.
    """

    def __init__(self, home: Path, lexicon: Comments) -> None:
        made_by = f"{FORMAT} {pl.__version__} {lexicon.model_dump_json()}"
        self._all = home / "condensed"
        self._place = self._all / hashlib.sha256(made_by.encode()).hexdigest()[:16]
        self._lexicon = lexicon

    def events(self, files: Sequence[Place]) -> dict[str, pl.DataFrame]:
        """The tables of `features.condensed.condense` for all events in some files of the lake.

        Files that hold versions of the same events are condensed together, so that each event counts once.
        """
        self._forget_others()
        if scheduler():
            missing = [file for file in sorted(files) if not self._part_of([file]).is_dir()]
            spread(partial(_condensed_alone, self._all.parent, self._lexicon), missing)
        parts = [self._part([file]) for file in sorted(files)] or [condense(_rows([]), self._lexicon)]
        same = repeated([part[IDS]["id"] for part in parts])
        alone = [part for number, part in enumerate(parts) if number not in same]
        together = [self._part([file for number, file in enumerate(sorted(files)) if number in same])] if same else []
        return joined([*alone, *together])

    def keep_only(self, files: Sequence[Place]) -> None:
        """Remove what was condensed from other files than these, or from several together: it can be made anew."""
        wanted = {self._part_of([file]) for file in files}
        for part in self._place.iterdir() if self._place.is_dir() else ():
            if part not in wanted:
                shutil.rmtree(part)

    def _part_of(self, files: Sequence[Place]) -> Path:
        names = "\n".join(f"{file.parent.name}/{file.name} {file.stat().st_size}" for file in files)
        return self._place / hashlib.sha256(names.encode()).hexdigest()[:32]

    def made(self, files: Sequence[Place]) -> Path:
        """The folder in which some files are kept condensed together; made, if it is not there."""
        place = self._part_of(files)
        if not place.is_dir():
            self._keep(condense(_rows(files), self._lexicon), place)
        return place

    def _part(self, files: Sequence[Place]) -> dict[str, pl.DataFrame]:
        return {path.stem: pl.read_parquet(path) for path in sorted(self.made(files).iterdir())}

    def _keep(self, part: dict[str, pl.DataFrame], place: Path) -> None:
        unfinished = folder(self._place) / f"_{place.name}"
        shutil.rmtree(unfinished, ignore_errors=True)
        folder(unfinished)
        for name, frame in part.items():
            frame.write_parquet(unfinished / f"{name}.parquet", compression="zstd")
        settle(unfinished.iterdir())
        unfinished.rename(place)
        settle([place])

    def _forget_others(self) -> None:
        for other in self._all.iterdir() if self._all.is_dir() else ():
            if other != self._place:
                shutil.rmtree(other)


def _condensed_alone(home: Path, lexicon: Comments, file: Place) -> None:
    Condensing(home, lexicon).made([file])


def _rows(files: Iterable[Place]) -> pl.DataFrame:
    found = [read_rows([file]) for file in files]
    return pl.concat([TABLES["events"].empty(), *found])
