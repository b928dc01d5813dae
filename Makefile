# From a bare machine to the matrix: `make demo`. What else there is: `make help`, README.md.
#   PYTHON=/path/to/python3   the Python to use, 3.11 or later; else the newest on PATH
#   TESTBED_INSTALL=no        install nothing on this machine, say what is missing instead

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
CANDIDATES := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3 /usr/bin/python3)

# Python keeps what it compiles: without that every start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

# .venv was made from these very files, and still works; with PYTHON=..., by that Python.
WHICH := import sys; print(sys.base_prefix, sys.version)
WORKS := $(if $(PYTHON),[ "$$($(BIN)/python -c '$(WHICH)')" = "$$($(PYTHON) -c '$(WHICH)')" ],$(BIN)/python -c '')
FRESH := sha256sum --check --status .venv/made-from 2>/dev/null && $(WORKS) 2>/dev/null

# Unless .venv is fresh: run a module of this repository by the first Python that is new enough.
define unless_fresh
@if $(FRESH); then exit 0; fi; \
for python in $(CANDIDATES); do \
    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
        exec "$$python" -m $(1); \
    fi; \
done; \
first=$(firstword $(PYTHON) python3); \
echo 'Python 3.11 or later is needed' >&2; \
echo "  found:    $$($$first --version 2>&1 || echo none) ($$first)" >&2; \
echo '  do next:  apt-get install python3 (Debian 12 or later, Ubuntu 24.04), or make PYTHON=/path/to/python3 ...' >&2; \
exit 2
endef

.PHONY: help demo test test-slow bench fuzz mutants sanitized check compiler images doctor clean venv machine

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' Makefile | expand -t 10

demo: machine ## bring the demo site up, run two users' payloads in every mode, print the matrix
	@$(BIN)/testbed up --tour

test: machine ## everything: checks, unit tests, scenarios
	@$(BIN)/python -m testbed.lab.machine
	@$(MAKE) -j2 -O check compiler
	@$(BIN)/python -m tests.everything

test-slow: machine ## what is too long for test: engines that are killed, every kill, every fault with every client, defects of the modules
	@$(BIN)/python -m pytest -m slow

bench: venv ## measure the switch and the authority: speed, many callers at once, first accounts, memory; seven minutes
	@bench/switch; switch=$$?; bench/authority && exit $$switch

fuzz: venv ## what reads text of others under libFuzzer, SECONDS=300 for each, JOBS=2 at a time; what is found stays in build/fuzz
	@$(BIN)/python -m testbed.lab.machine.compiler
	@$(MAKE) -s -k -j$(or $(JOBS),2) -C images/worker-node/glexec/fuzz fuzz
	@$(MAKE) -s -k -j$(or $(JOBS),2) -C images/worker-node/lcmaps-plugins/fuzz fuzz

mutants: machine ## switches and sites with one defect each: which scenario, which attack notices it; fails when one survives
	@$(BIN)/python -m testbed.lab.machine
	@$(BIN)/python -m testbed.lab.machine.compiler
	@$(BIN)/python -m tests.mutants

sanitized: machine ## the contract scenarios against a switch built with address and undefined-behaviour sanitizers
	@$(BIN)/python -m testbed.lab.machine
	@$(BIN)/python -m tests.sanitized

# What the tests of the switch compile it with; where it has to be installed that takes about as long as the checks.
compiler: venv
	@$(BIN)/python -m testbed.lab.machine.compiler

check: venv ## ruff, mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

images: venv ## make this machine ready: engine, Compose, base image, images
	@$(BIN)/python -m testbed.lab.machine

doctor: venv ## say what this machine can do, and what to do about what it cannot
	@$(BIN)/testbed doctor

clean: ## remove what was made in this folder
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache results build *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	$(call unless_fresh,testbed.lab.machine.venv)

# A machine that is new to us: .venv and the images at the same time. Later runs look after the machine themselves.
machine:
	$(call unless_fresh,testbed.lab.machine --with-venv)
