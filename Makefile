# Every target installs what it needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# The newest Python that is supported and has been named, else the system's.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && command -v $(name))))
# Without a terminal nobody can press Ctrl-C, so the demo ends by itself.
DEMO_ARGS ?= $(shell test -t 0 || echo --once)
SOURCES := triage classifiers migrations tests benchmarks

.PHONY: help install demo test check fix bench soak soak-together mutants model picture docs clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

install: $(VENV)/installed ## Make the virtual environment in .venv, with pinned dependencies

$(VENV)/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || command -v apt-get >/dev/null || { echo "Python 3.11, 3.12 or 3.13 is needed, and none was found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@tools/system-packages python3=python3 python-venv=python3-venv
	@test -n "$(PYTHON)" || python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Python 3.11, 3.12 or 3.13 is needed; this system's is $$(python3 -V). Name another: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "making $(VENV) with $(or $(PYTHON),python3) …"
	@test -x $(BIN)/python || $(or $(PYTHON),python3) -m venv $(VENV)
	@echo "installing pinned dependencies (about a minute the first time) …"
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' \
	  || { echo "The dependencies could not be installed (see above). Is a package index reachable? Then try again."; exit 1; }
	@touch $@

demo: install ## Run the whole service on sample mail, with mail servers of its own
	@$(BIN)/triage demo $(DEMO_ARGS)

test: check ## Run every test, against real Dovecot and PostgreSQL
	@tools/system-packages dovecot=dovecot-imapd lmtp=dovecot-lmtpd initdb=postgresql
	@# Two workers a core: much of what is tested waits for servers.
	@$(BIN)/python -m pytest --numprocesses=$$((2 * $$(nproc))) --dist=loadgroup --durations=15

check: install ## Format, lint, types, import rules
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fix: install ## Mend format and what lint can mend
	@$(BIN)/ruff check --fix --quiet $(SOURCES); $(BIN)/ruff format --quiet $(SOURCES)

bench: install ## Measure speed beside the raw ceiling and peers; or BENCH=offices, growth, bounds
	@tools/system-packages dovecot=dovecot-imapd lmtp=dovecot-lmtpd
	@tools/system-packages imapfilter=imapfilter || true
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]' || true
	@$(BIN)/python -m benchmarks.$(or $(BENCH),run) $(BENCH_ARGS)

soak: install ## Kill the service at every step and at random, on both databases, and audit (about half an hour)
	@tools/system-packages dovecot=dovecot-imapd lmtp=dovecot-lmtpd initdb=postgresql
	@$(BIN)/python -m tests.faults.soak $(SOAK_ARGS)

soak-together: install ## Kill and stop three services that share 60 offices, and the database, for 20 minutes; audit
	@tools/system-packages dovecot=dovecot-imapd lmtp=dovecot-lmtpd initdb=postgresql
	@$(BIN)/python -m tests.faults.together $(SOAK_ARGS)

mutants: install ## Break the rules' code in one place at a time, and show what no test notices (docs/testing.md)
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	@nice -n 19 $(BIN)/python tools/mutants.py $(MODULES)

model: install ## Train the shipped model anew from classifiers/corpus
	@$(BIN)/triage model train

picture: install ## Make the README's picture from the demo's own output
	@$(BIN)/triage demo --once --svg docs/demo.svg

docs: install ## Make the reference of rules in docs/rules.md, and the schemas beside the rules
	@$(BIN)/python -m triage.rules_reference

clean: ## Remove what make made
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench-results
