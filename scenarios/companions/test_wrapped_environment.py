"""The pilot's environment, brought across the switch in GLEXEC_ENV: what arrives, what stays, what leaks."""

import pytest

from testbed.plugin import matrix

WRAP, UNWRAP, BOTH = (f"/usr/sbin/{name}" for name in ("glexec_wrapenv.pl", "glexec_unwrapenv.pl", "glexec_wrap.sh"))
EVERYWHERE = "log-only setuid"
CAT = ("/usr/bin/cat", "/proc/self/environ")
START = """
import os, sys
more = dict(entry.split(b"=", 1) for entry in bytes.fromhex(sys.argv[1]).split(b"\\0"))
os.execve(sys.argv[2], sys.argv[2:], {name: os.environb[name] for name in (b"HOME", b"GLEXEC_CLIENT_CERT")} | more)
"""
ODD = {
    b"LINES": b"one\ntwo\n",
    b"EMPTY": b"",
    b"EQUALS": b"a==b=",
    b"NOT_UTF8": b"\xff\xfe\x01",
    b"BASH_FUNC_x%%": b"() {  :\n}",
    b"PATH": b"/opt/software/bin:/usr/bin",
    b"LD_LIBRARY_PATH": b"/opt/software/lib",
}
PILOTS_OWN = {b"USER": b"pilot", b"LOGNAME": b"pilot", b"X509_USER_PROXY": b"/pilots/own/proxy"}


def variables(out):
    return dict(entry.split(b"=", 1) for entry in out.split(b"\0") if entry)


@pytest.fixture
def wrapped(switch):
    """The value that an environment is wrapped into."""
    return lambda env, *options: switch.run(WRAP, *options, env=env).text


@matrix(mode=EVERYWHERE)
def test_the_environment_arrives_byte_by_byte_and_the_payloads_own_variables_stay(switch):
    """All is restored but HOME, LOGNAME, USER, X509_USER_PROXY and _ (Nikhef wiki, GLExec Environment Wrap and Unwrap
    scripts; glexec-wrapper-scripts).

    Of GLEXEC_ENV itself nothing is left, and nothing is there that neither glexec nor the pilot gave (our choice).
    """
    given = b"\0".join(name + b"=" + value for name, value in (ODD | PILOTS_OWN).items()).hex()
    plain = variables(switch.call(*CAT).out)
    result = switch.run("/usr/bin/python3", "-I", "-c", START, given, BOTH, *CAT)
    assert result.code == 0, result.err
    found = variables(result.out)
    proxies = [each.pop(b"X509_USER_PROXY") for each in (plain, found)]
    certificates = [each.pop(b"GLEXEC_CLIENT_CERT") for each in (plain, found)]
    assert found == plain | ODD
    assert [proxy.rpartition(b".")[0] for proxy in proxies] == [proxies[0].rpartition(b".")[0]] * 2
    assert len(set(certificates)) == 2


@matrix(mode="setuid")
def test_home_and_proxy_are_those_of_the_payloads_account(switch, wrapped):
    """HOME and X509_USER_PROXY are the mapped account's (Nikhef wiki, GLExec Environment Wrap and Unwrap scripts)."""
    value = wrapped({"X509_USER_PROXY": "/pilots/own/proxy", "USER": "pilot01", "SITE": "here"})
    show = 'echo "$SITE"; echo "$HOME"; /usr/bin/stat -c %U "$X509_USER_PROXY"; echo "${USER-none}"'
    seen = switch.call(UNWRAP, "--", "/usr/bin/dash", "-c", show, env={"GLEXEC_ENV": value})
    account = switch.facts().user
    assert seen.text.splitlines() == ["here", f"/home/{account}", account, "none"]


@matrix(mode=EVERYWHERE)
def test_each_side_can_leave_more_out(switch, wrapped):
    """--exclude=A,B on either side (Nikhef wiki, GLExec Environment Wrap and Unwrap scripts)."""
    env = {"A": "1", "B": "2", "C": "3"}
    there = switch.call(UNWRAP, "--", *CAT, env={"GLEXEC_ENV": wrapped(env, "--exclude=A,B")})
    here = switch.call(UNWRAP, "--exclude=A", "--exclude=B", "--", *CAT, env={"GLEXEC_ENV": wrapped(env)})
    for found in (variables(there.out), variables(here.out)):
        assert ({b"A", b"B"} & set(found), found[b"C"]) == (set(), b"3")


@matrix(mode=EVERYWHERE)
def test_a_secret_of_the_pilots_gets_across_only_if_it_is_wrapped(switch, wrapped):
    """glexec drops the caller's environment (Nikhef wiki, Need to Know's), the wrapped one brings it back: pilots
    leaked tokens so (DIRAC and PanDA wrapped or pickled all they had).

    Leaving a secret out on the payload's side comes too late: whoever runs there has the value that it is in.
    """
    env = {"BEARER_TOKEN": "the-pilots-secret"}
    assert b"the-pilots-secret" not in switch.call(*CAT, env=env).out
    assert b"the-pilots-secret" in switch.call(UNWRAP, "--", *CAT, env={"GLEXEC_ENV": wrapped(env)}).out

    dishonest = (
        "import base64, os, zlib\n"
        "for part in zlib.decompress(base64.b64decode(os.environ['GLEXEC_ENV'])).split():\n"
        "    print(base64.b64decode(part))\n"
    )
    late = switch.call("/usr/bin/python3", "-c", dishonest, env={"GLEXEC_ENV": wrapped(env)})
    assert "the-pilots-secret" in late.text
    early = switch.call("/usr/bin/python3", "-c", dishonest, env={"GLEXEC_ENV": wrapped(env, "--exclude=BEARER_TOKEN")})
    assert (early.code, b"the-pilots-secret" in early.out) == (0, False)


@matrix(mode=EVERYWHERE)
def test_a_malformed_environment_runs_nothing(switch, wrapped):
    """What is to happen then is not documented; nothing is run, and the code is none of glexec's (our choice)."""
    good = wrapped({"A": "1"})
    for bad in ("", "!", good[:-8], good[:8] + "\n" + good[8:]):
        result = switch.call(UNWRAP, "--", "/usr/bin/echo", "ran", env={"GLEXEC_ENV": bad})
        assert (result.code, result.out) == (255, b"")
        assert result.err.startswith(b"glexec_unwrapenv.pl: GLEXEC_ENV is ")


@matrix(mode="setuid")
def test_one_word_with_blanks_is_for_the_shell(switch, wrapped):
    """ATLAS' pilot hands over one text: -- 'cd FOLDER; PAYLOAD 2>&1;' (PanDA pilot, glexec_utils.py)."""
    folder = switch.run("/usr/sbin/mkgltempdir", "-t", "777").text
    payload = f"cd {folder}; pwd; /usr/bin/id -un 2>&1;"
    result = switch.call(UNWRAP, "--", payload, env={"GLEXEC_ENV": wrapped({"PATH": "/usr/bin"})})
    assert result.text.splitlines() == [folder, switch.facts().user]


@matrix(mode=EVERYWHERE)
def test_the_exit_code_comes_back_through_both(switch):
    """glexec_wrap.sh is both scripts and glexec in one (Nikhef wiki, GLExec Environment Wrap and Unwrap scripts).

    The package has it as glexec_warp.sh too.
    """
    for name in (BOTH, "/usr/sbin/glexec_warp.sh"):
        assert switch.run(name, "/usr/bin/dash", "-c", "exit 17").code == 17


@matrix(mode=EVERYWHERE)
def test_without_a_command_the_payloads_proxy_is_renewed(switch):
    """glexec without arguments renews the target proxy, and DIRAC may call it through glexec_wrap.sh (DIRAC,
    glexecComputingElement.py).
    """
    place = f"/tmp/renewed-{switch.account.name}"
    renewed = switch.run(BOTH, env={"GLEXEC_TARGET_PROXY": place})
    assert (renewed.code, renewed.out) == (0, b"")
    assert switch.call("/usr/bin/stat", "-c", "%a", place, env={"GLEXEC_TARGET_PROXY": "/dev/null"}).text == "600"
