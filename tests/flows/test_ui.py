import json
import signal
import socket
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import pytest
from deployed import free_port, until

from flows.cli import main

TOLD_TO_THOSE_LET_IN = {
    "mlflow_password": "http://127.0.0.1:{}/api/2.0/mlflow/experiments/search?max_results=1",
    "prefect_password": "http://127.0.0.1:{}/api/admin/version",
}
SERVE = "from flows.cli import main; import sys; main(sys.argv[1:])"


def answers(url):
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except (URLError, OSError):
        return None


@pytest.mark.slow
def test_both_pages_of_a_home_answer_until_they_are_told_to_end(ran, tmp_path):
    site, _, _ = ran
    mlflow, prefect = free_port(), free_port()
    command = ["ui", "--home", str(site.home), "--mlflow-port", str(mlflow), "--prefect-port", str(prefect)]
    with (tmp_path / "said").open("w") as said:
        pages = subprocess.Popen([sys.executable, "-c", SERVE, *command], stdout=said, stderr=subprocess.STDOUT)
        try:
            until(lambda: "Ctrl-C" in (tmp_path / "said").read_text(), "the links")
            links = (tmp_path / "said").read_text().splitlines()
            assert links[0].startswith(f"MLflow: http://127.0.0.1:{mlflow}/#/experiments")
            assert links[0].endswith("?workflowType=machine_learning")
            assert answers(f"http://127.0.0.1:{mlflow}/health") == "OK"
            assert answers(f"http://127.0.0.1:{prefect}/api/health") == "true"
            assert links[2].startswith(f"user admin, passwords in {site.home}/servers/credentials.json")
            known = json.loads((site.home / "servers" / "credentials.json").read_text())
            for (name, page), port in zip(TOLD_TO_THOSE_LET_IN.items(), (mlflow, prefect), strict=True):
                assert httpx.get(page.format(port)).status_code == 401
                assert httpx.get(page.format(port), auth=("admin", known[name])).status_code == 200
            pages.send_signal(signal.SIGTERM)
            assert pages.wait(60) == 0
        finally:
            pages.kill()
            pages.wait()
    assert answers(f"http://127.0.0.1:{mlflow}/health") is None
    assert answers(f"http://127.0.0.1:{prefect}/api/health") is None


def test_a_taken_port_is_refused_in_one_line(home, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit) as left:
            main(["ui", "--home", str(home), "--mlflow-port", str(taken.getsockname()[1])])
    assert left.value.code == 2
    assert "is taken: choose another with --mlflow-port" in capsys.readouterr().err


def test_two_servers_on_one_port_and_a_mistyped_home_are_refused_in_one_line(home, tmp_path, capsys):
    port = str(free_port())
    for arguments, said in (
        (["--home", str(home), "--mlflow-port", port, "--prefect-port", port], f"both servers cannot have port {port}"),
        (["--home", str(tmp_path / "mistyped")], "there is no home"),
    ):
        with pytest.raises(SystemExit) as left:
            main(["ui", *arguments])
        assert left.value.code == 2
        assert said in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "mistyped").exists()
