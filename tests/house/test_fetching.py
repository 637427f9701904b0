"""Who may speak to the network: files that go to addresses out of the settings, none that reads somebody's data."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for room in ("features", "models", "stocking", "flows") for path in (ROOT / room).rglob("*.py"))
LIBRARIES = {
    "aiohttp", "boto3", "botocore", "distributed", "ftplib", "fsspec", "h2", "http.client", "http.server", "httpx",
    "imaplib", "paramiko", "poplib", "psycopg", "requests", "s3fs", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
SPEAKING = {
    "flows/telling/settings.py", "flows/telling/posting.py", "flows/telling/in_prefect.py",  # alerts, to `hooks`
    "flows/watching/postgres.py", "flows/watching/queries.py",  # BAOKUAN_POSTGRES
    "flows/doctor.py", "flows/checkup/asking.py", "flows/servers/meant.py", "flows/servers/left_over.py",
    "flows/servers/server.py",  # our own servers
    "flows/spread.py",  # BAOKUAN_DASK
}  # fmt: skip
FETCHING = {"read_csv", "read_parquet", "scan_parquet", "read_ndjson", "read_json", "read_excel", "read_database_uri"}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def speaks(tree):
    return {name for name in imported(tree) for library in LIBRARIES if f"{name}.".startswith(f"{library}.")}


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_only_files_that_go_to_addresses_out_of_the_settings_know_the_network():
    speaking = {str(path.relative_to(ROOT)) for path in FILES if speaks(parsed(path))}
    assert speaking <= SPEAKING


def test_no_file_that_reads_data_speaks_to_the_network():
    assert {path.split("/")[0] for path in SPEAKING} == {"flows"}
    assert SPEAKING.isdisjoint({"flows/ingest.py", "flows/intake.py", "flows/receiving.py", "flows/stock.py"})


def test_no_text_out_of_the_program_is_an_address_that_a_reader_of_files_would_fetch():
    fetched = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FETCHING
        and node.args and "://" in ast.unparse(node.args[0])
    ]  # fmt: skip
    assert fetched == []


@pytest.mark.parametrize(
    "line", ["import requests", "from urllib.request import urlopen", "from urllib import request", "import httpx as h",
             "from http import client", "import http.client"],
)  # fmt: skip
def test_the_search_finds_it(line):
    assert speaks(ast.parse(line))


@pytest.mark.parametrize("line", ["from urllib.parse import urlsplit", "from http import HTTPStatus", "import htt"])
def test_the_search_leaves_the_rest_alone(line):
    assert not speaks(ast.parse(line))
