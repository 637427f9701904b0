"""What `configs/systemd` asks for, run as one user on free ports against a PostgreSQL that asks for passwords."""

import configparser
import os
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deployed import ROOT, ended, free_port

UNITS = ROOT / "configs" / "systemd"
BINARIES = Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534


def unit(name):
    """The settings of a unit, section by section."""
    read = configparser.ConfigParser(interpolation=None, strict=False)  # a unit may have several of one command
    read.optionxform = str
    read.read_string((UNITS / name).read_text(encoding="utf-8"))
    return read


def commands(name, *keys):
    """The command lines of a unit, here instead of in /opt/baokuan."""
    text = (UNITS / name).read_text(encoding="utf-8").replace("/opt/baokuan", str(ROOT))
    lines = [line for key in keys or ("ExecStart",) for line in re.findall(f"(?m)^{key}=(.*)$", text)]
    return [shlex.split(line) for line in lines]


def variables(text):
    """What an EnvironmentFile says."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def own_user():
    """How to start what refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def postgres(port, password):
    """A PostgreSQL 15 on loopback that lets nobody in without a password."""
    place = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    given = place / "password"
    given.write_text(password, encoding="ascii")
    if os.geteuid() == 0:
        shutil.chown(place, NOBODY, NOBODY)
        shutil.chown(given, NOBODY, NOBODY)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": place, **own_user()}
    making = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={given}", "-E", "UTF8", "--no-locale", "-N"]
    subprocess.run([BINARIES / "initdb", "-D", place / "data", *making], check=True, **quiet)
    settings = [f"-k{place}", "-h", "127.0.0.1", "-p", str(port), "-F", "-c", "shared_buffers=16MB"]
    running = subprocess.Popen([BINARIES / "postgres", "-D", place / "data", *settings], **quiet)
    try:
        waiting = f"until {BINARIES}/pg_isready -q -h 127.0.0.1 -p {port}; do sleep 0.1; done"
        subprocess.run(["sh", "-c", waiting], check=True, timeout=60)
        yield f"host=127.0.0.1 port={port} user=postgres dbname=postgres password={password}"
    finally:
        running.terminate()
        running.wait(timeout=60)
        shutil.rmtree(place)


class Installed:
    """The files of `configs/systemd` as an operator fills them in: own passwords, free ports, own folders."""

    def __init__(self, folder):
        self.folder, self.ports = folder, {number: str(free_port()) for number in ("5432", "4200", "5000")}
        self.secrets = {}
        config = folder / "mlflow_auth.ini"
        config.write_text(self.filled((UNITS / config.name).read_text(encoding="utf-8")), encoding="utf-8")
        said = {path.stem: self.filled(path.read_text(encoding="utf-8")) for path in UNITS.glob("*.env")}
        self.told = {name: variables(text) for name, text in said.items()}
        self.told["mlflow"]["MLFLOW_AUTH_CONFIG_PATH"] = str(config)

    def filled(self, text):
        """A text with this machine's places in it."""
        for number, port in self.ports.items():
            text = text.replace(f":{number}", f":{port}")
        for words in sorted(set(re.findall(r"CHANGE-ME[a-z-]*", text)), key=len, reverse=True):
            self.secrets.setdefault(words, secrets.token_hex(12))
            text = text.replace(words + "\n", self.secrets[words] + "\n")
        for place in ("/var/lib", "/srv"):
            text = text.replace(f"={place}/", f"={self.folder}{place}/")
        return text.replace("/opt/baokuan", str(ROOT))

    def environment(self, name):
        """What systemd would let a unit know, and nothing else."""
        kept = {one: os.environ[one] for one in ("PATH", "LANG", "OMP_NUM_THREADS") if one in os.environ}
        return {**kept, "HOME": str(self.folder), **self.told[name]}

    def started(self, stack, name, told):
        """A unit's service, until the stack is left."""
        (command,) = commands(f"{name}.service")
        command = [self.ports.get(word, word) for word in command]
        log = stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment(told), stdout=log, stderr=log, start_new_session=True
        )
        stack.callback(ended, process)
        return process

    def did(self, *command):
        """A command of an operator's, with what `work.env` says."""
        done = subprocess.run(
            [ROOT / ".venv" / "bin" / command[0], *command[1:]],
            cwd=ROOT, env=self.environment("work"), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def prepared(folder):
    """An installation whose databases are made."""
    import psycopg

    with ExitStack() as stack:
        installed = Installed(folder)
        password = secrets.token_hex(12)
        address = stack.enter_context(postgres(installed.ports["5432"], password))
        with psycopg.connect(address, autocommit=True) as connection:
            for line in (UNITS / "databases.sql").read_text(encoding="utf-8").splitlines():
                if not line.startswith("--"):
                    connection.execute(line)
            for role, told in (("baokuan_prefect", "prefect"), ("baokuan_mlflow", "mlflow")):
                connection.execute(f"ALTER ROLE {role} PASSWORD '{installed.told[told]['PGPASSWORD']}'")
        yield installed, stack
