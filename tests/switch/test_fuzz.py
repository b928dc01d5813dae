"""The switch's parsers, given whatever comes: nothing is read or written beyond its end, and what has to hold holds.

Each target is one C file in `glexec/fuzz` that says what has to hold. It first reads its corpus again, file by file,
and then makes up inputs of its own, for a second here and for as long as one likes with `make fuzz`. So that a
target that has gone blind is noticed, some bounds are broken on purpose.
"""

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "images" / "worker-node" / "glexec"
CORPUS = Path(__file__).parent / "corpus"
TARGETS = sorted(folder.name for folder in CORPUS.iterdir())
SECONDS = 1
UNTIL_FOUND = 60  # what is broken on purpose is found within a second, where nobody else wants the processor
JOBS = 2
LIMIT = 300  # seconds for all targets together, on a machine that has other things to do

MUTANTS = {  # what is broken: target, file, what stands there, and what is put in its place
    "a credential one byte longer than its room": (
        *("credential", "credential.c"),
        *("if (credential->length > CREDENTIAL_SIZE)", "if (credential->length > CREDENTIAL_SIZE + 1)"),
    ),
    "a uid without a gid": ("answer", "account.c", "if (taken.uid != taken.gid)", "if (false)"),
    "a path one byte longer than its room": (
        *("policy", "policy_paths.c", "word->length >= sizeof found->path", "word->length > sizeof found->path"),
    ),
    "a policy that is read on behind its end": ("policy", "policy_paths.c", "at += *at != '\\0' ? 1 : 0;", "at += 1;"),
    "a reason in a person's name": (
        *("lcmaps", "refusal.c"),
        *("strncmp(message, begins, first) == 0", "strstr(message, begins) != NULL"),
    ),
    "a loader's variable that gets through": ("environment", "environment.c", '"LD_",', ""),
}


def fuzz(build, goal, sources=SOURCES, seconds=SECONDS):
    """Compiles and runs targets as `make fuzz` does, but for a short time and always in the same order."""
    assert shutil.which("clang"), "clang is missing: python3 -m testbed.lab.machine.compiler installs it"
    command = ["make", "-s", "-k", f"-j{JOBS}", "-C", str(sources / "fuzz"), goal]
    settings = [f"BUILD={build}", f"CORPUS={CORPUS}", f"SECONDS={seconds}", "SEED=1"]
    return subprocess.run([*command, *settings], capture_output=True, text=True, timeout=LIMIT, check=False)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    build = tmp_path_factory.mktemp("fuzz")
    fuzz(build, "all")
    return fuzz(build, "fuzz"), build / "found"


@pytest.mark.parametrize("target", TARGETS)
def test_a_parser_stands_whatever_it_is_given(fuzzed, target):
    done, found = fuzzed
    runs = dict(re.findall(r"^(\w+)\s+(\d+)$", done.stdout, re.MULTILINE))
    log = found / target / "log"
    assert target in runs, log.read_text(errors="replace")[-6000:] if log.exists() else done.stderr
    assert int(runs[target]) > 2 * len(list((CORPUS / target).iterdir())), "it has made up next to nothing"


def test_every_target_has_a_corpus_and_is_run(fuzzed):
    done, _ = fuzzed
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"^(\w+) ", done.stdout, re.MULTILINE)) == TARGETS


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """What became of each mutant: make's result, and the log of the target."""

    def run(name):
        target, file, sound, instead = MUTANTS[name]
        folder = tmp_path_factory.mktemp("mutant")
        sources = shutil.copytree(SOURCES, folder / "glexec")
        text = (sources / file).read_text()
        assert text.count(sound) == 1, f"{file} has changed: mend this mutant"
        (sources / file).write_text(text.replace(sound, instead))
        done = fuzz(folder, f"fuzz-{target}", sources, UNTIL_FOUND)
        log = folder / "found" / target / "log"
        return done, log.read_text(errors="replace") if log.exists() else done.stderr

    with ThreadPoolExecutor(JOBS) as pool:
        return dict(zip(MUTANTS, pool.map(run, MUTANTS), strict=True))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_bound_that_is_broken_on_purpose_is_found(broken, name):
    done, log = broken[name]
    assert done.returncode != 0, f"nobody noticed {name}"
    assert re.search(r"does not hold: |runtime error: |ERROR: AddressSanitizer: ", log), log[-6000:]
