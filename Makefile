# Needs git, make and Python 3.11 or later with venv and pip; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell git ls-files generator pipeline templates 2>/dev/null)
WORKERS ?= 2
# The Pythons that pyproject.toml promises.
PYTHONS ?= 3.11 3.12 3.13

.PHONY: demo test unit judges pythons lowest lint docs structure bench lock clean
.DELETE_ON_ERROR:

# Two makes at once wait for each other here; the second then finds everything done.
$(VENV)/installed: pyproject.toml $(SOURCES)
ifdef LOCKED
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	@touch $@
else
	@mkdir -p $(VENV)
	@$(PYTHON) -c 'import fcntl, subprocess, sys; \
	  lock = open("$(VENV)/lock", "w"); fcntl.flock(lock, fcntl.LOCK_EX); \
	  sys.exit(subprocess.call(sys.argv[1:]))' $(MAKE) --no-print-directory LOCKED=1 $@
endif

demo: $(VENV)/installed
	@$(BIN)/wfgen demo

test: $(VENV)/installed lint
	$(BIN)/pytest -n $(WORKERS) -m 'not bench'

unit: $(VENV)/installed
	$(BIN)/pytest -n $(WORKERS) -m 'not bench' -p no:cacheprovider tests/unit

# GitHub's own description of its API, its webhook schemas and the typed clients, which tests ask where they are there.
judges: $(VENV)/installed
	@$(BIN)/python tests/judges/install.py

# The unit tests on each promised Python that this machine has and `make test` did not run on, each in a virtualenv of
# its own.
pythons: $(VENV)/installed
	@own=$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	for version in $(PYTHONS); do \
	  test "$$version" != "$$own" || continue; \
	  python=$$($(BIN)/python tests/structure/find_python.py $$version); \
	  if test -n "$$python" && "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "== unit tests on Python $$version"; \
	    $(MAKE) --no-print-directory unit VENV=.venv-$$version PYTHON="$$python" || exit 1; \
	  else \
	    echo "== no Python $$version with venv and pip here: passed over"; \
	  fi; \
	done

# The unit tests with the lowest versions that pyproject.toml allows.
lowest: $(VENV)/installed
	$(BIN)/python -m pip install --quiet uv
	test -x .venv-lowest/bin/python || $(PYTHON) -m venv .venv-lowest
	$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct '.[dev]'
	PATH="$$PWD/.venv-lowest/bin:$$PATH" .venv-lowest/bin/pytest -n $(WORKERS) -m 'not bench' -p no:cacheprovider tests/unit

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/wfgen check

# The table of settings in docs/settings.md and the JSON schema beside it, from the options in generator/config; where the
# judges are installed, docs/api-coverage.md from the routes and GitHub's description.
docs: $(VENV)/installed
	$(BIN)/python -m generator.config.reference
	$(BIN)/python -m tests.judges.coverage

# How the code reads, against the goals in docs/architecture.md.
structure:
	@$(PYTHON) tests/structure/measure.py --worst 3

bench: $(VENV)/installed
	$(BIN)/pytest -m bench -s -p no:cacheprovider

# The locked requirements of the rendered workflow, for every Python the project supports: the training extra and click,
# without what only the generator needs.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	  print("click>=8.1", *project["optional-dependencies"]["train"], sep="\n")' \
	  | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --custom-compile-command 'make lock' - -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command 'make lock' tests/judges/requirements.in -o tests/judges/requirements.txt

clean:
	rm -rf $(VENV) .venv-* .wfgen dist build runtime/model/* runtime/data/* runtime/logs/*
