import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.site import Site, SiteError

HOLD = """
import sys, time, pathlib
from flows.site import Site
with Site(home=pathlib.Path(sys.argv[1])).alone():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_home_that_cannot_be_made_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SiteError, match="cannot be made"):
        Site(home=tmp_path / "file" / "home").made()


def test_an_entry_may_name_several_files_of_configuration_or_none(tmp_path):
    named = Site(home=tmp_path, config=["a.yaml", f"b.yaml{os.pathsep}c.yaml", ""]).config
    assert named == (Path("a.yaml"), Path("b.yaml"), Path("c.yaml"))
    assert Site(home=tmp_path, config=(Path("odd:name.yaml"),)).config == (Path("odd:name.yaml"),)
    with pytest.raises(ValidationError, match="config"):
        Site(home=tmp_path, config="a.yaml")


def test_a_second_run_waits_until_the_first_has_ended_even_by_a_kill(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        waiter = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(1.5)
            holder.kill()
            assert waiter.stdout.readline() == "held\n"
        finally:
            waiter.kill()
            waiter.communicate()
    finally:
        holder.kill()
        holder.communicate()


def test_a_run_may_hold_its_home_again_after_it_has_let_go(tmp_path):
    site = Site(home=tmp_path)
    with site.alone():
        pass
    with site.alone():
        pass
