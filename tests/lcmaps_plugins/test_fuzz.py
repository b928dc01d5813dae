"""The modules' readers and writers, given whatever comes: `tests/switch/test_fuzz.py` for the modules."""

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

NODE = Path(__file__).parents[2] / "images" / "worker-node"
CORPUS = Path(__file__).parent / "corpus"
TARGETS = sorted(folder.name for folder in CORPUS.iterdir())
SECONDS = 1
UNTIL_FOUND = 60  # what is broken on purpose is found within a second, where nobody else wants the processor
JOBS = 2
LIMIT = 300  # seconds for all targets together, on a machine that has other things to do

MUTANTS = {  # what is broken: target, file, what stands there, and what is put in its place
    "one secondary group more than there is room for": (
        *("saml_answer", "saml_obligations.c"),
        *("*attribute->count >= SAML_GROUPS_MAX", "*attribute->count > SAML_GROUPS_MAX"),
    ),
    "an answer to any question": (
        *("saml_answer", "saml_answer.c"),
        *('!equal(xml_attribute(response, NULL, "InResponseTo"), id)', "id == NULL"),
    ),
    "a uid without a gid": (
        *("saml_answer", "saml_obligations.c"),
        *("known[UIDGID].seen && account->gid == NULL", "false"),
    ),
    "an answer with a document type": (
        *("saml_answer", "xml_strict.c"),
        *("context->sax->internalSubset = at_document_type;", "(void)at_document_type;"),
    ),
    "a name in any bytes": (
        *("saml_question", "saml_question.c"),
        *("length == 0 || !IS_CHAR(code)", "length == 0 ? (length = 1) == 0 : !IS_CHAR(code)"),
    ),
    "a text one byte longer than its room": (
        *("pep_answer", "hessian.c"),
        *("text->used + length < text->size", "text->used + length <= text->size"),
    ),
    "a response that breaks off": (
        *(
            "pep_answer",
            "hessian.c",
            "return hessian_next(reader) >= 0 || hessian_fail(reader, HESSIAN_BROKEN_OFF);",
            "return hessian_next(reader) >= 0;",
        ),
    ),
    "a response with something behind it": (
        *("pep_answer", "hessian.c", "reader->problem == NULL && reader->at != reader->end", "false"),
    ),
    "a primary group that is none of the groups": (
        *("pep_answer", "pep_account.c", "strcmp(answer->groups[i], answer->group) == 0", "answer->groups[i][0] != 0"),
    ),
    "base64 with something behind its padding": (
        "base64",
        "base64.c",
        "digit != NULL ? padded > 0 :",
        "digit != NULL ? false :",
    ),
}


def fuzz(build, goal, node=NODE, seconds=SECONDS):
    """Compiles and runs targets as `make fuzz` does, but for a short time and always in the same order."""
    assert shutil.which("clang"), "clang is missing: python3 -m testbed.lab.machine.compiler installs it"
    command = ["make", "-s", "-k", f"-j{JOBS}", "-C", str(node / "lcmaps-plugins" / "fuzz"), goal]
    settings = [f"BUILD={build}", f"CORPUS={CORPUS}", f"SECONDS={seconds}", "SEED=1"]
    return subprocess.run([*command, *settings], capture_output=True, text=True, timeout=LIMIT, check=False)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    build = tmp_path_factory.mktemp("fuzz")
    fuzz(build, "all")
    return fuzz(build, "fuzz"), build / "found"


@pytest.mark.parametrize("target", TARGETS)
def test_a_reader_stands_whatever_it_is_given(fuzzed, target):
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
        for part in ("glexec", "lcmaps-plugins"):
            shutil.copytree(NODE / part, folder / part)
        source = folder / "lcmaps-plugins" / file
        text = source.read_text()
        assert text.count(sound) == 1, f"{file} has changed: mend this mutant"
        source.write_text(text.replace(sound, instead))
        done = fuzz(folder / "build", f"fuzz-{target}", folder, UNTIL_FOUND)
        log = folder / "build" / "found" / target / "log"
        return done, log.read_text(errors="replace") if log.exists() else done.stderr

    with ThreadPoolExecutor(JOBS) as pool:
        return dict(zip(MUTANTS, pool.map(run, MUTANTS), strict=True))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_bound_that_is_broken_on_purpose_is_found(broken, name):
    done, log = broken[name]
    assert done.returncode != 0, f"nobody noticed {name}"
    assert re.search(r"does not hold: |runtime error: |ERROR: AddressSanitizer: ", log), log[-6000:]
