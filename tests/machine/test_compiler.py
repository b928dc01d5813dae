"""What compiles and fuzzes the switch: tried, and asked for by the names that each system's packages have."""

import pytest

from testbed.lab.machine import compiler

APT_CACHE = """\
#!/bin/sh
case $2 in
%s) printf '%%s:\\n  Installed: (none)\\n  Candidate: 1:%s\\n' "$2" ;;
*) echo "$2:"; echo '  Candidate: (none)' ;;
esac
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program of this name in front of all others."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def put(name, text):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    return put


def test_a_clang_without_its_runtime_is_not_taken_for_one_that_fuzzes(program):
    program("clang", "#!/bin/sh\necho 'cannot find libclang_rt.fuzzer-x86_64.a' >&2\nexit 1\n")
    assert compiler.fuzzer_objection() == "clang cannot fuzz without its runtime libraries"


@pytest.mark.parametrize(
    ("version", "runtime"),
    [  # in the form of Debian 12, Debian 13 and Ubuntu 24.04
        ("14.0-55.7~deb12u1", "libclang-rt-14-dev"),
        ("19.0-63", "libclang-rt-19-dev"),
        ("18.0-59~exp2", "libclang-rt-18-dev"),
    ],
)
def test_the_runtime_is_that_of_the_version_of_clang(program, version, runtime):
    program("apt-cache", APT_CACHE % (f"clang|{runtime}", version))
    assert compiler.fuzzer_packages() == ["clang", runtime]


def test_where_the_runtime_comes_with_clang_no_other_package_is_asked_for(program):
    program("apt-cache", APT_CACHE % ("clang", "13.0-54"))
    assert compiler.fuzzer_packages() == ["clang"]
