"""One process for each measurement, with the same threads for all, and what it cost as the kernel has it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Setting:
    """How much is asked of every candidate."""

    events: int
    cutoffs: int
    windows: tuple[str, ...]
    seed: int
    threads: int
    work: Path

    @property
    def title(self) -> str:
        return f"{self.events:,} events, {self.cutoffs} cutoffs a listing, windows {' '.join(self.windows)}"

    def asked(self) -> list[str]:
        world = self.work / f"{self.events}-events-seed-{self.seed}"
        return ["--world", str(world), "--cutoffs", str(self.cutoffs), "--windows", *self.windows]


def generate(setting: Setting) -> None:
    """Write the world's files where they are not there yet."""
    parts = {"events": setting.events, "cutoffs": setting.cutoffs, "seed": setting.seed, "work": setting.work}
    command = [sys.executable, HERE / "skewed.py", *(f"--{name}={value}" for name, value in parts.items())]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def agree(setting: Setting) -> dict[str, int]:
    """Compare the values of ours, DuckDB and the slow count; SystemExit where they differ."""
    return dict(child(["agree.py", *setting.asked()], setting.threads)["told"])


def measured(candidate: str, setting: Setting, *, exact: bool = False) -> dict[str, Any]:
    """What one run in a fresh process took, and what it found."""
    load = os.getloadavg()[0]
    arguments = [candidate, *setting.asked(), f"--threads={setting.threads}", *(["--exact"] if exact else [])]
    ran = child(["candidate.py", *arguments], setting.threads)
    return {"candidate": candidate, "load": load, **ran.pop("told"), **ran}


def child(arguments: Sequence[str], threads: int) -> dict[str, Any]:
    """Run one of the scripts beside this one; SystemExit where it fails.

    Linux counts the memory of the process that starts another into the other's peak: keep what calls this small.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, HERE / arguments[0], *arguments[1:]], stdout=subprocess.PIPE, env=environment(threads)
    )
    told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        sys.exit(f"{' '.join(arguments)}: failed with {process.returncode}")
    return {
        "process_wall_s": time.perf_counter() - begin,
        "process_cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "told": json.loads(told),
    }


def environment(threads: int) -> dict[str, str]:
    """The same number of threads for every library, and none that spins while it waits."""
    libraries = ("POLARS_MAX", "OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "RAYON_NUM")
    return {**os.environ, **{f"{library}_THREADS": str(threads) for library in libraries}, "OMP_WAIT_POLICY": "PASSIVE"}


def machine() -> dict[str, Any]:
    """Where and with which versions it was measured."""
    from importlib.metadata import version

    described = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in described if line.startswith("model name")]
    return {
        "python": sys.version.split()[0],
        **{library: version(library) for library in ("polars", "numpy", "duckdb")},
        "cores": os.cpu_count(),
        "processor": models[0] if models else "unknown",
    }
