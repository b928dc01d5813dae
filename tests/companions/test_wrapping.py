"""The wrapped environment arrives byte by byte, without what is the target's own, and a malformed one runs nothing."""

import base64
import os
import zlib
from pathlib import Path

import pytest

CAT = ("/bin/cat", "/proc/self/environ")
ODD = {
    b"PLAIN": b"value",
    b"EMPTY": b"",
    b"LINES": b"one\ntwo\n\nthree\n",
    b"EQUALS": b"a=b==c=",
    b"NOT_UTF8": b"\xff\xfe\x80 \x01\x7f",
    b"QUOTES": b"'\"`$(id)\\",
    b"BLANKS": b"  a  b\t",
    b"BASH_FUNC_x%%": b"() {  echo x\n}",
    b"with.dot": b"1",
    b"with blank": b"2",
    b"\xff": b"not a name in any language",
    b"E": b"part of the name HOME",
    b"LD_LIBRARY_PATH": b"/opt/software/lib",
    b"LC_ALL": b"C",
    b"PATH": b"/usr/bin:/bin",
    b"PYTHONHOME": b"/nowhere",
    b"PYTHONPATH": b"/nowhere",
    b"LONG": b"x" * 100_000,
}
OWN = {
    b"HOME": b"/pilots",
    b"USER": b"pilot01",
    b"LOGNAME": b"pilot01",
    b"X509_USER_PROXY": b"/pilots/proxy",
    b"_": b"x",
}


def variables(out):
    return dict(entry.split(b"=", 1) for entry in out.split(b"\0") if entry)


@pytest.fixture
def wrap(pilot):
    """The value that the pilot's environment is wrapped into."""

    def wrap(env, *options):
        done = pilot.run(f"{pilot.sbin}/glexec_wrapenv.pl", *options, env=env)
        assert done.code == 0, done
        return done.out

    return wrap


@pytest.fixture
def unwrap(pilot):
    """Runs a command as the target with what a value holds."""

    def unwrap(value, *arguments, command=CAT, **env):
        return pilot.run(
            pilot.glexec,
            f"{pilot.sbin}/glexec_unwrapenv.pl",
            *arguments,
            "--",
            *command,
            env={"GLEXEC_ENV": value} | env,
        )

    return unwrap


def value_of(*entries):
    """A value in the form that the Perl script of Nikhef's prints."""
    return base64.b64encode(zlib.compress(b"".join(base64.b64encode(entry) + b" " for entry in entries)))


def test_every_byte_arrives_and_the_targets_own_variables_stay(wrap, unwrap, pilot):
    plain = variables(pilot.run(pilot.glexec, *CAT).out)
    done = unwrap(wrap(ODD | OWN))
    assert (done.code, done.err) == (0, b"")
    assert variables(done.out) == plain | ODD
    assert plain[b"HOME"] == b"/mnt/home/alpha001"


def test_without_a_proxy_of_its_own_the_target_does_not_get_the_pilots(wrap, unwrap):
    assert b"X509_USER_PROXY" not in variables(unwrap(wrap(OWN)).out)


def test_the_targets_own_proxy_stays(wrap, unwrap):
    proxy = "/mnt/home/alpha001/proxy"
    found = variables(unwrap(wrap(OWN), GLEXEC_TARGET_PROXY=proxy).out)
    assert found[b"X509_USER_PROXY"] == proxy.encode()


def test_an_empty_environment_is_one_too(wrap, unwrap, pilot):
    value = pilot.run("/usr/bin/env", "-i", f"{pilot.sbin}/glexec_wrapenv.pl").out
    assert value == value_of()
    assert unwrap(value).code == 0


def test_the_value_is_in_the_form_of_nikhefs_perl_scripts(wrap, unwrap):
    text = zlib.decompress(base64.b64decode(wrap({"A": "1"}), validate=True))
    assert text.endswith(b" ")
    assert base64.b64encode(b"A=1") in text.split(b" ")
    assert variables(unwrap(value_of(b"B=2\n3", b"C=")).out).items() >= {b"B": b"2\n3", b"C": b""}.items()


def test_what_is_left_out_is_named_on_stderr(pilot):
    done = pilot.run(f"{pilot.sbin}/glexec_wrapenv.pl", "--exclude=SECRET", env=OWN | {b"SECRET": b"x", b"_": b""})
    assert b"Skipping 'SECRET'\n" in done.err
    assert b"Skipping 'HOME'\n" in done.err


@pytest.mark.parametrize("options", [("--exclude=A,B",), ("--exclude=A", "--exclude=B"), ("--exclude", "A,B,")])
def test_each_side_can_leave_more_out(wrap, unwrap, options):
    env = {"A": "1", "B": "2", "AB": "3", "C": "4"}
    for found in (variables(unwrap(wrap(env, *options)).out), variables(unwrap(wrap(env), *options).out)):
        assert {b"AB": b"3", b"C": b"4"}.items() <= found.items()
        assert not {b"A", b"B"} & set(found)


def test_what_only_the_targets_side_leaves_out_can_be_read_all_the_same(wrap, pilot):
    """A22: who gets the value gets everything in it, before any unwrapping."""
    value = wrap({"SECRET": "marker"})
    found = variables(pilot.run(pilot.glexec, *CAT, env={"GLEXEC_ENV": value}).out)[b"GLEXEC_ENV"]
    assert base64.b64encode(b"SECRET=marker") in zlib.decompress(base64.b64decode(found)).split(b" ")


def test_what_is_the_targets_own_stays_whatever_the_other_side_has_wrapped(unwrap, pilot):
    plain = variables(pilot.run(pilot.glexec, *CAT).out)
    value = value_of(b"A=1", *(name + b"=" + content for name, content in OWN.items()))
    assert variables(unwrap(value).out) == plain | {b"A": b"1"}


def test_the_value_itself_and_the_switchs_variables_are_not_restored(unwrap):
    found = variables(unwrap(value_of(b"GLEXEC_ID=forged", b"GLEXEC_EPILOG_X=1", b"GLEXEC_ENV=x", b"A=1")).out)
    assert found[b"A"] == b"1"
    assert not {b"GLEXEC_ID", b"GLEXEC_EPILOG_X", b"GLEXEC_ENV"} & set(found)


def test_of_two_variables_of_one_name_the_first_counts(pilot):
    script = (
        "import ctypes, sys\n"
        "block = (ctypes.c_char_p * 3)(b'A=first', b'A=second', None)\n"
        "argv = (ctypes.c_char_p * 2)(sys.argv[1].encode(), None)\n"
        "ctypes.CDLL(None).execve(argv[0], argv, block)\n"
    )
    value = pilot.run("/usr/bin/python3", "-c", script, f"{pilot.sbin}/glexec_wrapenv.pl").out
    assert zlib.decompress(base64.b64decode(value)) == base64.b64encode(b"A=first") + b" "


GOOD = value_of(b"A=1")
MALFORMED = {
    "missing": None,
    "empty": b"",
    "no base64": b"!!!",
    "bytes outside base64 in it": GOOD[:8] + b"\n" + GOOD[8:],
    "cut": GOOD[:-8],
    "no padding": GOOD.rstrip(b"="),
    "not deflated": base64.b64encode(b"A=1"),
    "inner no base64": base64.b64encode(zlib.compress(b"!!! ")),
    "something behind its end": base64.b64encode(base64.b64decode(GOOD) + b"x"),
    "a stream without its end": base64.b64encode(zlib.compress(b"QT0x ")[:-5]),
    "wrong checksum": base64.b64encode(zlib.compress(b"QT0x ")[:-1] + b"\0"),
    "no equals sign": value_of(b"A"),
    "no name": value_of(b"=1"),
    "NUL in a name": value_of(b"A\0B=1"),
    "NUL in a value": value_of(b"A=1\0B=2"),
    "a name twice": value_of(b"A=1", b"A=2"),
    "a bomb": base64.b64encode(zlib.compress(b"QT0x " + b" " * (64 << 20), 9)),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_value_runs_nothing(pilot, unwrap, kind):
    value = MALFORMED[kind]
    command = ("/bin/echo", "ran")
    done = pilot.run(pilot.glexec, f"{pilot.sbin}/glexec_unwrapenv.pl", "--", *command) if value is None else None
    done = done or unwrap(value, command=command)
    assert (done.code, done.out) == (255, b""), done
    assert done.err.startswith(b"glexec_unwrapenv.pl: GLEXEC_ENV is ")
    assert done.err.count(b"\n") == 1


@pytest.mark.parametrize("option", ["--nonsense", "-x", "--help=x"])
def test_a_call_that_cannot_be_meant_runs_nothing(unwrap, option):
    done = unwrap(GOOD, option, command=("/bin/echo", "ran"))
    assert (done.code, done.out) == (255, b""), done
    assert unwrap(GOOD, command=()).code == 255


@pytest.mark.parametrize("argument", ["--nonsense", "-x", "--exclude", "word"])
def test_a_call_that_cannot_be_meant_wraps_nothing(pilot, argument):
    done = pilot.run(f"{pilot.sbin}/glexec_wrapenv.pl", argument)
    assert (done.code, done.out) == (255, b""), done


def test_an_environment_that_no_variable_can_hold_is_refused(pilot):
    noise = {f"N{number}": base64.b64encode(os.urandom(60_000)) for number in range(3)}
    done = pilot.run(f"{pilot.sbin}/glexec_wrapenv.pl", env=noise)
    assert (done.code, done.out, b"--exclude" in done.err) == (255, b"", True)


def test_options_of_the_command_are_the_commands(pilot):
    done = pilot.run(
        pilot.glexec,
        f"{pilot.sbin}/glexec_unwrapenv.pl",
        "/bin/echo",
        "--exclude=A",
        "--",
        "-h",
        env={"GLEXEC_ENV": GOOD},
    )
    assert (done.code, done.out) == (0, b"--exclude=A -- -h\n")


def test_a_command_alone_is_for_the_shell_if_it_needs_one(unwrap):
    """As Perl's exec does it; PanDA's pilot calls it so: `-- 'cd FOLDER; PAYLOAD 2>&1;'`."""
    done = unwrap(GOOD, command=("cd /; echo $A; pwd 2>&1;",))
    assert (done.code, done.out) == (0, b"1\n/\n"), done
    assert unwrap(GOOD, command=("/usr/bin/env",)).out.count(b"A=1\n") == 1
    assert unwrap(GOOD, command=("/bin/echo", "$A; id")).out == b"$A; id\n"


def test_a_command_without_a_folder_is_looked_for_in_the_restored_path(unwrap, node):
    node.folder("/home/tools")
    node.write("/home/tools/mine", "#!/bin/sh\necho mine\n", mode=0o755)
    assert unwrap(value_of(b"PATH=/mnt/home/tools"), command=("mine",)).out == b"mine\n"
    assert unwrap(GOOD, command=("true",)).code == 0


def test_a_command_that_cannot_be_run_is_told_by_its_code(unwrap, node):
    """Nikhef's Perl script ended with 0 after an exec that failed: its last statement."""
    node.write("/home/no-program", b"\x7fELF but not really", mode=0o755)
    codes = [
        unwrap(GOOD, command=(name,)).code for name in ("/no/such", "nosuch", "/etc/passwd", "/mnt/home/no-program")
    ]
    assert codes == [127, 127, 127, 126]


BIND = bytes.fromhex("0100000200040000000000000000000000000000")
"""The right to bind low ports as the kernel keeps it with a file, see linux/capability.h."""


@pytest.mark.parametrize("more_rights", ["none", "set-uid", "set-gid", "a capability"])
def test_a_program_with_more_rights_gets_nothing_of_the_wrapped_environment(unwrap, pilot, node, more_rights):
    program = node.path("/sbin/an-env")
    node.write("/sbin/an-env", Path("/usr/bin/env").read_bytes(), owner="pilot02")
    program.chmod({"set-uid": 0o4755, "set-gid": 0o2755}.get(more_rights, 0o755))
    if more_rights == "a capability":
        os.setxattr(program, "security.capability", BIND)
    plain = variables(pilot.run(pilot.glexec, *CAT).out)
    wrapped = {b"LD_LIBRARY_PATH": b"/opt", b"PERL5LIB": b"/tmp", b"A": b"1"}
    done = unwrap(value_of(*(b"=".join(each) for each in wrapped.items())), command=("/mnt/sbin/an-env", "-0"))
    program.unlink()
    assert done.code == 0, done
    assert variables(done.out) == (plain | wrapped if more_rights == "none" else plain)
    assert (b"more rights" in done.err) == (more_rights != "none")


def test_nothing_is_unwrapped_for_root(pilot):
    done = pilot.run(f"{pilot.sbin}/glexec_unwrapenv.pl", "/bin/echo", "ran", account="root", env={"GLEXEC_ENV": GOOD})
    assert (done.code, done.out) == (255, b"")


def test_the_command_gets_usual_signals_and_the_callers_input(pilot, unwrap):
    done = unwrap(GOOD, command=("/bin/grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"))
    assert {line.split()[1] for line in done.out.splitlines()} == {b"0" * 16}
    reading, writing = os.pipe()
    os.write(writing, b"input")
    os.close(writing)
    done = pilot.run(
        pilot.glexec, f"{pilot.sbin}/glexec_unwrapenv.pl", "/bin/cat", env={"GLEXEC_ENV": GOOD}, stdin=reading
    )
    os.close(reading)
    assert done.out == b"input"


class TestBothInOne:
    """glexec_wrap.sh, and glexec_warp.sh for whoever mistypes it."""

    @pytest.mark.parametrize("name", ["glexec_wrap.sh", "glexec_warp.sh"])
    def test_it_brings_every_byte_across(self, pilot, name):
        plain = variables(pilot.run(pilot.glexec, *CAT).out)
        done = pilot.run(f"{pilot.sbin}/{name}", *CAT, env=ODD | OWN)
        assert done.code == 0, done
        assert variables(done.out) == plain | ODD

    def test_arguments_and_exit_code_are_passed_on(self, pilot):
        done = pilot.run(
            f"{pilot.sbin}/glexec_wrap.sh", "/bin/sh", "-c", 'printf "%s." "$@"; exit 7', "sh", "a b", "", "*"
        )
        assert (done.code, done.out) == (7, b"a b..*.")

    def test_a_command_that_looks_like_an_option_is_none(self, pilot):
        assert pilot.run(f"{pilot.sbin}/glexec_wrap.sh", "--exclude=A").code == 127

    def test_without_a_command_the_targets_proxy_is_renewed(self, pilot, node):
        """DIRAC calls it so."""
        node.path("/home/alpha001/proxy").unlink(missing_ok=True)
        done = pilot.run(f"{pilot.sbin}/glexec_wrap.sh", env={"GLEXEC_TARGET_PROXY": "/mnt/home/alpha001/proxy"})
        assert (done.code, done.out, done.err) == (0, b"", b"")
        assert node.path("/home/alpha001/proxy").exists()

    def test_what_cannot_be_wrapped_is_not_run(self, pilot):
        noise = {f"N{number}": base64.b64encode(os.urandom(60_000)) for number in range(3)}
        done = pilot.run(f"{pilot.sbin}/glexec_wrap.sh", "/bin/echo", "ran", env=noise)
        assert (done.code, done.out) == (255, b"")

    def test_a_glexec_that_is_not_there_is_told(self, pilot):
        done = pilot.run(f"{pilot.sbin}/glexec_wrap.sh", "/bin/echo", "ran", env={"GLEXEC_LOCATION": "/none"})
        assert (done.code, done.out) == (255, b"")
        assert b"'/none/sbin/glexec': No such file or directory" in done.err
