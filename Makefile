# Needs git, make and Python 3.11 or later with venv and pip; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell git ls-files generator pipeline templates 2>/dev/null)
WORKERS ?= 2

.PHONY: demo test lint docs structure bench lock clean
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

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/wfgen check

# The table of settings in docs/settings.md and the JSON schema beside it, from the options in generator/config.
docs: $(VENV)/installed
	$(BIN)/python -m generator.config.reference

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

clean:
	rm -rf $(VENV) .wfgen dist build runtime/model/* runtime/data/* runtime/logs/*
