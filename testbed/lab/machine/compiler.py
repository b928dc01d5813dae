"""What the tests of the switch compile it with on this machine: ``python3 -m testbed.lab.machine.compiler``."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from testbed.lab.machine import command, packages
from testbed.lab.machine.phases import Say, phase
from testbed.model.problem import Problem

PROGRAMS = {"gcc": "gcc", "readelf": "binutils", "setpriv": "util-linux"}
"""Each program, and the package that it is in."""
HEADERS = "libc6-dev"
LIBRARIES = {"/usr/include/libxml2/libxml/tree.h": "libxml2-dev", "/usr/include/openssl/x509.h": "libssl-dev"}
"""A header of each library that the LCMAPS modules are tested with, and the package that it is in."""
FUZZED = "int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { return !data && size; }\n"
LIMIT = 60.0
"""Seconds for one small compilation."""


def ensure(say: Say) -> str:
    """Have a compiler, and one for fuzzing, installed where that may be done; says whether they were there."""
    missing = [package for program, package in PROGRAMS.items() if not command.on_path(program)]
    missing += [package for header, package in LIBRARIES.items() if not Path(header).exists()]
    if missing:
        packages.install([*missing, HEADERS], "no compiler for the tests of the switch", say)
    why = fuzzer_objection()
    if not why:
        return "installed" if missing else "gcc and clang, answered"
    packages.permit(why, "apt-get install clang, and libclang-rt-VERSION-dev for its version")
    packages.know()
    packages.install(fuzzer_packages(), why, say)
    why = fuzzer_objection()
    if why:
        raise Problem(why, remedy="install clang with its runtime libraries: the package libclang-rt-VERSION-dev")
    return "installed"


def fuzzer_objection() -> str:
    """Why the switch cannot be fuzzed here, or "". Tried, because clang's runtime is in a package of its own."""
    if not command.on_path("clang"):
        return "no clang to fuzz the switch with"
    with TemporaryDirectory() as folder:
        source = Path(folder, "fuzzed.c")
        source.write_text(FUZZED)
        try:
            command.run(
                ["clang", "-fsanitize=fuzzer,address,undefined", "-o", f"{folder}/fuzzed", str(source)], limit=LIMIT
            )
        except Problem:
            return "clang cannot fuzz without its runtime libraries"
    return ""


def fuzzer_packages() -> list[str]:
    """clang, and the package of the same version that its runtime is in."""
    version = packages.candidate("clang").partition(".")[0]
    runtime = f"libclang-rt-{version}-dev"
    return ["clang", *([runtime] if packages.candidate(runtime) else [])]


def main() -> int:
    """0 when there is one, 2 when somebody has to install it."""
    try:
        with phase("compiler") as going:
            going.detail = ensure(print)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
