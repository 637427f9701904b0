import hashlib
import subprocess

from flows import provenance


def test_a_run_names_the_commit_and_the_lock_that_it_was_made_with():
    told = provenance.provenance()
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=provenance.ROOT, capture_output=True, text=True, check=True)
    assert told["git_revision"].removesuffix("+changed") == head.stdout.strip()
    assert told["lock_sha256"] == hashlib.sha256((provenance.ROOT / "requirements.lock").read_bytes()).hexdigest()


def test_changed_code_of_learning_has_another_digest_and_other_files_have_none(monkeypatch, tmp_path):
    (tmp_path / "models" / "baselines").mkdir(parents=True)
    (tmp_path / "features").mkdir()
    code, page = tmp_path / "models" / "baselines" / "naive.py", tmp_path / "features" / "page.md"
    code.write_text("LAST = 1")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    before = provenance.learning_code()
    page.write_text("a page")
    assert provenance.learning_code() == before
    code.write_text("LAST = 2")
    assert provenance.learning_code() != before


def test_without_git_nothing_is_made_up(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance.provenance() == {}
