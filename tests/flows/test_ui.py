import signal
import socket
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from deployed import free_port, until

from flows.cli import main

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
