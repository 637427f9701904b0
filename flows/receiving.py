"""One landing table's delivery on its way into the lake: read, held against the contract, and only then let in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from features.contract import TableContract
from features.duplicates import counted_twice, new_rows
from features.landing import opened
from features.landing_files import LandingFile
from features.landing_settings import IngestSettings
from features.privacy import Door, at_the_door
from features.quarantine import QUARANTINE, FileRefusedError, faults, kept, of_file
from features.raw import ROW
from features.sifting import Sifted
from flows.appending import stem_of
from flows.lake import Lake, order
from flows.outcome import Outcome
from flows.places import read_rows
from flows.spool import FILE, Spool


@dataclass(frozen=True)
class Receiver:
    """Where deliveries are taken in, and by which rules."""

    lake: Lake
    settings: IngestSettings
    door: Door


class Delivery:
    """The new files of one table, kept aside until all of them are read."""

    def __init__(self, receiver: Receiver, contract: TableContract) -> None:
        self._to, self._contract = receiver, contract
        staging = receiver.lake.beside / ".staging" / contract.name
        self._good = Spool(staging / "good", contract.dtypes)
        self.bad = Spool(staging / "bad", QUARANTINE)

    def receive(self, files: Sequence[LandingFile]) -> list[Outcome]:
        """Take the files in as far as they are good; what is not goes to quarantine, and that first."""
        known = set(self._to.lake.known(self._contract.name, (file.sha256 for file in files)))
        outcomes: list[Outcome] = []
        for number, file in enumerate(files):
            outcomes.append(Outcome(file, status="known") if file.sha256 in known else self._read(file, number))
            known.add(file.sha256)
        weighed = self._weighed(outcomes)
        self._quarantined(weighed)
        return self._let_in(weighed)

    def dangling(self) -> dict[tuple[str, str], int]:
        """For each column that names rows of another table: how many delivered rows name one that is not there."""
        there = {
            one.column: self._to.lake.scan(one.table).select(one.key).unique() for one in self._contract.references
        }
        return {
            (self._contract.name, one.column): self._good.scan()
            .filter(pl.col(one.column).is_not_null())
            .join(there[one.column], left_on=one.column, right_on=one.key, how="anti")
            .select(pl.len())
            .collect()
            .item()
            for one in self._contract.references
        }

    def _read(self, file: LandingFile, number: int) -> Outcome:
        outcome = Outcome(file)
        try:
            source = opened(file, self._to.settings)
            outcome = replace(outcome, ignored=source.ignored, zoneless=source.zoneless)
            for sifted in source.batches:
                outcome = self._spooled(sifted, outcome, number)
        except FileRefusedError as error:
            self._good.drop(number)
            self.bad.drop(number)
            self._set_aside(of_file(str(error)), outcome, number)
            return Outcome(file, status="refused", reason=str(error))
        return outcome

    def _spooled(self, sifted: Sifted, outcome: Outcome, number: int) -> Outcome:
        overlapping = self._overlapping(sifted.rows)
        rows = sifted.rows.join(overlapping, on=ROW, how="anti", maintain_order="left")
        self._good.add(at_the_door(rows.drop(ROW), self._contract, self._to.door), number)
        self._set_aside(pl.concat([sifted.faults, overlapping]), outcome, number)
        return replace(
            outcome,
            read_rows=outcome.read_rows + sifted.rows.height + sifted.bad_rows,
            bad_rows=outcome.bad_rows + sifted.bad_rows,
            overlapping_rows=outcome.overlapping_rows + overlapping.height,
        )

    @cached_property
    def _raw(self) -> pl.DataFrame:
        return self._to.lake.counted_raw()

    def _overlapping(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self._contract.name != "event_counts":
            return faults([])
        return counted_twice(rows, self._raw)

    def _set_aside(self, found: pl.DataFrame, outcome: Outcome, number: int) -> None:
        self.bad.add(kept(found, self._contract, outcome.file.name, self._to.settings.value_characters), number)

    def _weighed(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes, all refused if too large a share of the table's rows is bad."""
        read, bad = sum(one.read_rows for one in outcomes), sum(one.bad_rows for one in outcomes)
        if bad <= self._to.settings.max_bad_share * read:
            return list(outcomes)
        reason = f"{bad:,} of {read:,} rows are bad, more than the share of {self._to.settings.max_bad_share:g} allowed"
        return [replace(one, status="refused", reason=reason) if one.status == "ingested" else one for one in outcomes]

    def _quarantined(self, outcomes: Sequence[Outcome]) -> None:
        read = {number: one.source for number, one in enumerate(outcomes) if one.status != "known"}
        known = self._to.lake.known("quarantine", read.values())
        fresh = {number: source for number, source in read.items() if source not in known}
        found = self.bad.scan().filter(pl.col(FILE).is_in(list(fresh))).select(pl.len()).collect().item()
        if not found:
            return
        append = self._to.lake.append("quarantine", stem_of(list(fresh.values())))
        for rows in self.bad.frames():
            new = rows.filter(pl.col(FILE).is_in(list(fresh)))
            append.add(new.drop(FILE)) if new.height else None
        append.commit(list(fresh.values()), {})

    def _let_in(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Add what is not in the lake yet, all files in one commit."""
        admitted = {number: one.file for number, one in enumerate(outcomes) if one.status == "ingested"}
        if not admitted:
            return list(outcomes)
        digests = [file.sha256 for file in admitted.values()]
        there = self._to.lake.parts(self._contract.name)
        append = self._to.lake.append(self._contract.name, stem_of(digests))
        new: Counter[int] = Counter()
        for day, rows in self._good.by_day(self._contract):
            old = read_rows(there[day]) if day in there else self._contract.empty()
            fresh = new_rows(rows, old, self._contract)
            new.update(dict(fresh.group_by(FILE).len().iter_rows()))
            if fresh.height:
                append.add(fresh.drop(FILE).sort(order(self._contract.name), nulls_last=True), day)
        append.commit(digests, {file.sha256: file.name for number, file in admitted.items() if new[number]})
        return [
            replace(one, new_rows=new[number], duplicate_rows=one.good_rows - new[number])
            if number in admitted
            else one
            for number, one in enumerate(outcomes)
        ]
