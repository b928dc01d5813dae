"""A mistake in site.toml is answered with file, line, key, what was expected, and the nearest right word."""

import os
import time
from pathlib import Path

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.mode import Installation
from testbed.model.problem import Problem
from testbed.site import example, examples, load_site


def test_the_examples_are_read() -> None:
    kinds = ["argus", "gridmap"], ["argus", "gridmap", "gums", "scas"]
    assert examples() == [*(f"logonly-{kind}" for kind in kinds[0]), *(f"setuid-{kind}" for kind in kinds[1])]
    site = example("setuid-gridmap")
    assert site.answers == Answers(MultiUser.YES, Stance.REQUIRE, Stance.NO, OnInternalError.NO)
    assert site.installation is Installation.SETUID
    assert site.vos == ("alpha", "beta")
    assert [account.name for account in site.pilot_accounts] == ["pilot01", "pilot02", "pilot03", "pilot04"]
    assert site.first_uid == 40001
    assert [pool.accounts[-1].name for pool in site.pools] == ["alpha020", "alphaprd020", "beta020", "betaprd020"]


def test_an_example_that_does_not_exist_is_named_with_the_nearest() -> None:
    with pytest.raises(Problem, match="setuid-gridmp") as caught:
        example("setuid-gridmp")
    assert caught.value.remedy == "did you mean 'setuid-gridmap'?"


def test_a_site_is_found_by_its_folder_and_by_its_site_toml(draft) -> None:
    folder = draft().folder
    assert load_site(folder) == load_site(folder / "site.toml")


MISTAKES = {
    "an unknown key": (
        "on_internal_error =",
        "on_internal_eror =",
        "unknown key 'on_internal_eror'",
        "did you mean 'on_internal_error'?",
    ),
    "an unknown table": ("[switch]", "[swich]", "unknown key 'swich'", "did you mean 'switch'?"),
    "an unknown key of a pool": ("prefix    =", "prefx    =", "unknown key 'prefx'", "did you mean 'prefix'?"),
    "a misspelt answer": ('"require"', '"reqire"', "setuid has a value", 'write setuid = "require"'),
    "a misspelt installation": (
        'installation = "setuid"',
        'installation = "setiud"',
        "installation has",
        'write installation = "setuid"',
    ),
    "an answer without quotes": (
        'multi_user_pilots = "yes"',
        "multi_user_pilots = true",
        "wrong type",
        'write multi_user_pilots = "yes"',
    ),
    "a number in quotes": (
        "count     = 20",
        'count     = "20"',
        "pools[1].count has the wrong type",
        "write count = 20",
    ),
    "a number that is none": ("count     = 20", "count     = true", "pools[1].count has the wrong type", ""),
    "a count of nothing": ("count     = 20", "count     = 0", "count is out of range", ""),
    "a count too wide": ("count     = 20", "count     = 1000", "count is out of range", ""),
    "a uid of the system": ("first_uid = 50001", "first_uid = 500", "first_uid is out of range", ""),
    "a missing key": ('prefix    = "alpha"\n', "", "lacks prefix", "add prefix = ..."),
    "a missing table": ('[authority]\nkind = "gridmap"\n', "", "lacks [authority]", "add [authority]"),
    "a group that is a word": ('group     = { name = "alpha", gid = 50000 }', 'group = "alpha"', "wrong type", ""),
    "an authority of nowhere": ('kind = "gridmap"', 'kind = "gridmp"', "kind has a value", 'write kind = "gridmap"'),
    "an empty name": ('name = "setuid-gridmap"', 'name = ""', "name is empty", ""),
    "a name for no folder": ('name = "setuid-gridmap"', 'name = "../x"', "name cannot name", ""),
    "the same prefix twice": (
        'prefix    = "alphaprd"',
        'prefix    = "alpha"',
        "prefix is declared twice",
        "give each pool a prefix of its own",
    ),
    "uids that overlap": ("first_uid = 51001", "first_uid = 50020", "first_uid overlaps", "begin at 50021 or later"),
    "pilots among users": ("first_uid = 40001", "first_uid = 53010", "first_uid overlaps", "begin at 53021 or later"),
    "one group, two numbers": (
        'name = "alphaprd", gid',
        'name = "alpha", gid',
        "gives alpha another gid",
        "one group has one number",
    ),
    "one number, two groups": ("gid = 51000", "gid = 50000", "shares its number", "give each group its own gid"),
    "a group of the system": (
        'name = "alpha", gid',
        'name = "disk", gid',
        "is a group of the system",
        "give the pool a group of its own",
    ),
    "a prefix for no account": ('prefix    = "alpha"', 'prefix    = "Alpha"', "makes no account names", ""),
    "a prefix inside another": (
        'prefix    = "alphaprd"',
        'prefix    = "alpha1"',
        "takes for the other pool",
        "let prefixes end in a letter",
    ),
    "nobody's uid": ("first_uid = 51001", "first_uid = 65530", "reaches 65534", "begin above 65535"),
    "a capability of nowhere": (
        "[switch]",
        '[worker_node]\ncapabilities = ["SYS_ADMN"]\n[switch]',
        "worker_node.capabilities[1] has a value that means nothing",
        'write "SYS_ADMIN"',
    ),
    "a capability that no site can have": (
        "[switch]",
        '[worker_node]\ncapabilities = ["SYS_ADMIN", "ALL"]\n[switch]',
        "worker_node.capabilities[2] has a value that means nothing",
        "leave it out",
    ),
    "a capability given twice": (
        "[switch]",
        '[worker_node]\ncapabilities = ["SYS_ADMIN", "SYS_ADMIN"]\n[switch]',
        "worker_node.capabilities[2] is given twice",
        "leave one out",
    ),
    "a capability that is no word": (
        "[switch]",
        "[worker_node]\ncapabilities = [21]\n[switch]",
        "worker_node.capabilities[1] has the wrong type",
        "",
    ),
    "namespaces by a word": (
        "[switch]",
        '[worker_node]\nuser_namespaces = "yes"\n[switch]',
        "worker_node.user_namespaces has the wrong type",
        "",
    ),
    "a network of their own for nobody": (
        "[switch]",
        "[worker_node]\nown_network = true\n[switch]",
        "own_network means nothing without user namespaces",
        "add user_namespaces = true",
    ),
    "capabilities that are no list": (
        "[switch]",
        '[worker_node]\ncapabilities = "SYS_ADMIN"\n[switch]',
        "worker_node.capabilities has the wrong type",
        "",
    ),
    "a wish for privilege": ("[switch]", "[worker_node]\nprivileged = true\n[switch]", "unknown key 'privileged'", ""),
    "no VO": ('vo        = "alpha"', 'vo        = "al pha"', "is no name of a VO", ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_its_remedy(draft, mistake: str) -> None:
    old, new, what, remedy = MISTAKES[mistake]
    site = draft()
    site.swap(old, new)
    with pytest.raises(Problem) as caught:
        load_site(site.folder)
    problem = caught.value
    assert what in problem.what
    assert problem.where.startswith(f"{site.folder}/site.toml:")
    assert (problem.remedy == remedy) if remedy else (problem.expected or problem.remedy)


def test_the_line_is_that_of_the_mistake(draft) -> None:
    site = draft()
    site.swap("first_uid = 52001", 'first_uid = "52001"')
    with pytest.raises(Problem) as caught:
        load_site(site.folder)
    assert caught.value.where == f"{site.folder}/site.toml:{site.line('52001')}, key pools[3].first_uid"


def test_a_folder_that_cannot_be_reached_is_a_problem() -> None:
    with pytest.raises(Problem, match="cannot be reached") as caught:
        load_site(Path("x" * 5000))
    assert caught.value.cause == "File name too long"
    assert len(caught.value.where) < 100


@pytest.mark.parametrize("text", ["x = " + "[" * 3000, "x = " + "{a=" * 3000 + "1" + "}" * 3000])
def test_a_file_that_would_exhaust_a_reader_is_a_problem(draft, text: str) -> None:
    site = draft()
    site.add(text)
    with pytest.raises(Problem, match="deeper than can be read"):
        load_site(site.folder)


def test_twenty_thousand_conditions_are_refused_at_once(draft) -> None:
    site = draft()
    site.swap('on_internal_error = "no"', 'on_internal_error = "depends"')
    site.add("".join(f"[[answers.on_internal_error_if]]\nruns_at_most = {n}\n" for n in range(1, 20_001)))
    began = time.process_time()
    with pytest.raises(Problem, match="on_internal_error_if are too many") as caught:
        load_site(site.folder)
    assert f":{site.line('runs_at_most = 101') - 1}," in caught.value.where
    assert time.process_time() - began < 3


def test_a_broken_toml_file_is_answered_with_its_line(draft) -> None:
    site = draft()
    site.swap('"require"', "require")
    with pytest.raises(Problem, match="not TOML") as caught:
        load_site(site.folder)
    assert caught.value.where.startswith(f"{site.folder}/site.toml:{site.line('= require')}:")
    assert "require" in caught.value.found


def test_files_go_to_their_usual_places(draft) -> None:
    site = load_site(draft().folder)
    assert {file.name: (file.path, f"{file.mode:04o}", file.uid, file.gid) for file in site.files} == {
        "glexec.conf": ("/etc/glexec.conf", "0640", 0, 990),
        "lcmaps.db": ("/etc/lcmaps/lcmaps-glexec.db", "0640", 0, 990),
        "grid-mapfile": ("/etc/grid-security/grid-mapfile", "0644", 0, 0),
        "groupmapfile": ("/etc/grid-security/groupmapfile", "0644", 0, 0),
        "ban_users.db": ("/etc/grid-security/ban_users.db", "0644", 0, 0),
    }


def test_in_log_only_every_caller_can_read_the_configuration(draft) -> None:
    modes = {file.name: file.mode for file in load_site(draft("logonly-gridmap").folder).files}
    assert (modes["glexec.conf"], modes["lcmaps.db"]) == (0o644, 0o644)


def test_the_policy_goes_to_where_glexec_conf_says(draft) -> None:
    site = draft()
    site.swap("/etc/lcmaps/lcmaps-glexec.db", "/etc/lcmaps.db", "glexec.conf")
    policy = load_site(site.folder).file("lcmaps.db")
    assert policy
    assert policy.path == "/etc/lcmaps.db"


def test_a_file_can_be_named_with_its_place_and_its_mode(draft) -> None:
    site = draft()
    (site.folder / "extra").write_text("x")
    site.add('[files]\nextra = "/etc/extra"\n"glexec.conf" = { mode = "0600", owner = "glexec", group = "root" }\n')
    loaded = load_site(site.folder)
    extra, config = loaded.file("extra"), loaded.file("glexec.conf")
    assert extra
    assert config
    assert (extra.path, extra.mode, extra.gid) == ("/etc/extra", 0o644, 0)
    assert (config.path, config.mode, config.uid, config.gid) == ("/etc/glexec.conf", 0o600, 990, 0)


FILES = {
    "a file that is not there": ('"grid-mapfil" = "/etc/x"', "grid-mapfil is missing", "did you mean 'grid-mapfile'?"),
    "a way out of the folder": ('"../secret" = "/etc/x"', "leads out of the site's folder", ""),
    "a link out of the folder": ('"link" = "/etc/x"', "leads out of the site's folder", ""),
    "a link to itself": ('"loop" = "/etc/x"', "cannot be read", ""),
    "a folder": ('"sub" = "/etc/x"', "is not a file", ""),
    "a pipe": ('"pipe" = "/etc/x"', "is not a file", ""),
    "a path that is relative": ('"glexec.conf" = "etc/x"', "is no path on the worker node", ""),
    "a path with dots": ('"glexec.conf" = "/etc/../x"', "is no path on the worker node", ""),
    "a mode that is none": ('"glexec.conf" = { mode = "rw" }', "mode is no mode", ""),
    "an owner that is none": ('"glexec.conf" = { owner = "glexce" }', "means nothing", 'write owner = "glexec"'),
    "a key that is none": ('"glexec.conf" = { mod = "0644" }', "unknown key 'mod'", "did you mean 'mode'?"),
    "two files at one place": ('"lcmaps.db" = "/etc/glexec.conf"', "same place", ""),
}


@pytest.mark.parametrize("mistake", FILES)
def test_a_mistake_in_files_is_named_with_its_line(draft, mistake: str) -> None:
    text, what, remedy = FILES[mistake]
    site = draft()
    (site.folder.parent / "secret").write_text("x")
    (site.folder / "link").symlink_to("../secret")
    (site.folder / "loop").symlink_to("loop")
    (site.folder / "sub").mkdir()
    os.mkfifo(site.folder / "pipe")
    site.add(f"[files]\n{text}\n")
    with pytest.raises(Problem) as caught:
        load_site(site.folder)
    assert what in caught.value.what
    assert caught.value.where.startswith(f"{site.folder}/site.toml:{site.line(text)}, key files")
    assert caught.value.remedy == remedy or not remedy


def test_a_link_that_stays_in_the_folder_is_followed(draft) -> None:
    site = draft()
    (site.folder / "real").write_bytes((site.folder / "grid-mapfile").read_bytes())
    (site.folder / "grid-mapfile").unlink()
    (site.folder / "grid-mapfile").symlink_to("real")
    loaded = load_site(site.folder).file("grid-mapfile")
    assert loaded
    assert b"alpha" in loaded.content


def test_a_missing_glexec_conf_is_named(draft) -> None:
    site = draft()
    (site.folder / "glexec.conf").rename(site.folder / "glexec.cnf")
    with pytest.raises(Problem, match=r"glexec\.conf is missing") as caught:
        load_site(site.folder)
    assert caught.value.remedy == "did you mean 'glexec.cnf'?"


def test_a_folder_that_is_none_is_named(draft, tmp_path: Path) -> None:
    site = draft()
    cases = {
        tmp_path / "mien": ("there is no such folder", f"did you mean {site.folder}?"),
        site.folder / "glexec.conf": ("this is a file", ""),
        tmp_path: (
            "the folder has no site.toml",
            "testbed init DIR --from setuid-gridmap, and put your own files there",
        ),
        Path("/nowhere/at/all"): ("there is no such folder", "testbed init DIR --from setuid-gridmap"),
    }
    for folder, (what, remedy) in cases.items():
        with pytest.raises(Problem) as caught:
            load_site(folder)
        assert what in caught.value.what
        assert caught.value.remedy == remedy


def test_a_switch_of_one_s_own_is_taken_along(draft) -> None:
    site = draft()
    (site.folder / "glexec").write_bytes(b"\x7fELF")
    site.swap('installation = "setuid"', 'installation = "setuid"\npath = "glexec"')
    loaded = load_site(site.folder)
    (entry,) = (entry for entry in loaded.tree() if entry.path == "/usr/sbin/glexec")
    assert (entry.content, entry.mode, entry.uid, entry.gid) == (b"\x7fELF", 0o6111, 0, 990)
