"""Whoever searches for keys finds those that are not his own, in what he can read."""

from pathlib import Path

import pytest

from testbed.node.probes import files

KEY = "-----BEGIN PRIVATE KEY-----\nnot really\n"
TARGET = {"marker": "PRIVATE KEY-----"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is searched; the searcher's own proxy lies in it."""
    monkeypatch.setattr(files, "PLACES", (str(tmp_path),))
    own = tmp_path / "own.pem"
    own.write_text(KEY)
    monkeypatch.setenv("X509_USER_PROXY", str(own))
    return tmp_path


def test_a_key_of_somebody_elses_is_found_wherever_it_lies(place: Path) -> None:
    (place / "deep" / "down").mkdir(parents=True)
    (place / "deep" / "down" / "other.pem").write_text(KEY)
    found = files.search(TARGET)
    assert found["attempt"] == "succeeded"
    assert "other.pem" in found["saw"]


def test_ones_own_proxy_and_what_is_no_key_do_not_count(place: Path) -> None:
    (place / "words").write_text("nothing of the kind")
    (place / "link").symlink_to(place / "own.pem")
    assert files.search(TARGET)["attempt"] == "blocked"


def test_too_many_files_are_no_proof_of_anything(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 0)
    assert files.search(TARGET)["attempt"] == "not tried"
