import hashlib
import subprocess

from flows import provenance


def test_a_run_names_the_commit_and_the_lock_that_it_was_made_with():
    told = provenance.provenance()
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=provenance.ROOT, capture_output=True, text=True, check=True)
    assert told["git_revision"].removesuffix("+changed") == head.stdout.strip()
    assert told["lock_sha256"] == hashlib.sha256((provenance.ROOT / "requirements.lock").read_bytes()).hexdigest()


def test_without_git_nothing_is_made_up(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance.provenance() == {}
