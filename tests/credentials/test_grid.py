"""The grid as a value: made whole, carried as a tar, laid over containers."""

import json
import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key

from testbed.credentials import Bearer, Grid, make_grid, voms
from testbed.credentials.__main__ import main
from testbed.model.entry import Kind
from testbed.model.person import ISSUER, Credential, cast, cast_for
from testbed.model.problem import Problem

PLAIN = (
    Credential("alice", "Alice Archer", "alpha", ()),
    Credential("pilot", "Robot - pilot factory", "alpha", (), robot=True),
)
"""People without VOMS attributes: their grid needs no VOMS program."""
GRID = make_grid(PLAIN, ["alpha"])


def test_the_grid_has_what_each_machine_needs() -> None:
    assert set(GRID.files) == {
        *(f"certificates/{digest}.{what}" for digest in HASHES for what in ("0", "r0", "signing_policy")),
        *(f"authority/{who}.{part}.pem" for who in ("ca", "voms.alpha") for part in ("cert", "key")),
        "vomsdir/alpha/voms.alpha.lsc",
        *(f"hosts/{host}/{file}.pem" for host in HOSTS for file in ("hostcert", "hostkey")),
        *(f"users/{who}.{part}.pem" for who in ("alice-archer", "robot-pilot-factory") for part in ("cert", "key")),
        *("proxies/alice.pem", "proxies/pilot.pem"),
        *(f"ssh/{who}{end}" for who in ("root", "pilot", *(f"hosts/{h}" for h in HOSTS)) for end in ("", ".pub")),
        *("ssh/known_hosts", "grid.json"),
    }


HASHES = ("642ce08f", "0689b744")
HOSTS = ("worker-node", "pilot")


def test_no_private_key_is_readable_by_others() -> None:
    secret = {path for path, file in GRID.files.items() if b"PRIVATE KEY" in file.content}
    assert len(secret) == 12
    assert {GRID.files[path].mode for path in secret} == {0o600}


def test_two_grids_share_no_secret() -> None:
    other = make_grid(PLAIN, ["alpha"])
    secret = [path for path, file in GRID.files.items() if file.mode == 0o600]
    assert not [path for path in secret if GRID.read(path) == other.read(path)]


def test_the_trust_file_of_a_vo_has_two_lines() -> None:
    server = "/DC=org/DC=testbed/O=Hosts/CN=voms.alpha"
    assert GRID.read("vomsdir/alpha/voms.alpha.lsc").decode() == f"{server}\n/DC=org/DC=testbed/CN=Testbed CA\n"


def test_a_bearer_is_found_by_the_name_that_scenarios_use() -> None:
    dn = "/DC=org/DC=testbed/O=People/CN=Robot - pilot factory"
    assert GRID.bearer("pilot") == Bearer("pilot", dn, "alpha", (), "proxies/pilot.pem")
    with pytest.raises(Problem, match="nobody of that name") as caught:
        GRID.bearer("pliot")
    assert caught.value.remedy == "say pilot"


def test_people_are_called_in_certificates_as_in_the_cast() -> None:
    assert [bearer.dn for bearer in GRID.bearers] == [person.dn for person in PLAIN]


def test_the_ssh_keys_are_openssh_s_and_belong_together() -> None:
    for name in ("root", "pilot", "hosts/worker-node"):
        private = load_ssh_private_key(GRID.read(f"ssh/{name}"), None)
        assert private.public_key() == load_ssh_public_key(GRID.read(f"ssh/{name}.pub"))  # type: ignore[union-attr]
    pinned = GRID.read("ssh/known_hosts").decode().splitlines()
    assert "worker-node " + GRID.read("ssh/hosts/worker-node.pub").decode().strip() in pinned


def test_a_tar_gives_the_same_grid_back() -> None:
    assert Grid.from_tar(GRID.tar()) == GRID


@pytest.mark.parametrize("bad", [b"", b"no tar at all", Grid({}).tar()])
def test_what_is_no_tar_of_a_grid_is_named_as_such(bad: bytes) -> None:
    with pytest.raises(Problem, match="test grid"):
        Grid.from_tar(bad)


def test_a_folder_of_the_grid_is_laid_over_a_container_with_its_modes() -> None:
    entries = {entry.path: entry for entry in GRID.entries("ssh", "/vo/ssh", uid=7, gid=8)}
    assert entries["/vo/ssh"].kind is Kind.FOLDER
    assert entries["/vo/ssh/hosts"].kind is Kind.FOLDER
    assert entries["/vo/ssh/pilot"].mode == 0o600
    assert {(entry.uid, entry.gid) for entry in entries.values()} == {(7, 8)}
    (key,) = GRID.entries("ssh/pilot", "/vo/ssh/id")
    assert (key.path, key.content) == ("/vo/ssh/id", GRID.read("ssh/pilot"))
    with pytest.raises(Problem, match="no such folder"):
        GRID.entries("sshh", "/x")


def test_a_grid_is_written_to_a_folder_with_its_modes(tmp_path: Path) -> None:
    for _ in range(2):
        GRID.write(tmp_path / "grid")
    assert (tmp_path / "grid/grid.json").read_bytes() == GRID.read("grid.json")
    assert stat.S_IMODE((tmp_path / "grid/ssh/root").stat().st_mode) == 0o600


def test_two_credentials_never_share_a_file() -> None:
    with pytest.raises(ValueError, match="two credentials"):
        make_grid((PLAIN[0], PLAIN[0]), ["alpha"])


def test_the_cast_follows_the_vos_of_a_site() -> None:
    assert cast_for(["alpha", "beta"]) == cast()
    assert {person.vo for person in cast_for(["atlas", "cms", "lhcb"])} == {"atlas", "cms", "gamma"}
    assert {person.vo for person in cast_for(["beta"])} == {"beta", "alpha", "gamma"}


def test_a_missing_voms_program_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(voms, "PROGRAM", "voms-proxy-missing")
    assert main(["--vo", "alpha", "--out", str(tmp_path)]) == 2
    assert "apt-get install voms-clients" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which(voms.PROGRAM), reason="voms-proxy-fake is not installed here")
def test_the_whole_cast_gets_voms_attributes(tmp_path: Path) -> None:
    assert main(["--vo", "alpha", "--vo", "beta", "--out", str(tmp_path)]) == 0
    assert sorted(file.name for file in (tmp_path / "proxies").iterdir()) == sorted(p.file for p in cast())
    assert b"BEGIN" in (tmp_path / "proxies/alice.pem").read_bytes()


def test_everybodys_issuer_is_who_policies_name() -> None:
    assert json.loads(GRID.read("grid.json"))["authority"] == ISSUER
