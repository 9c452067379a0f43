# Two commands do everything: `make run` serves the graph, `make test` passes the tests.
# Both set up what they need in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run build test lint check bench bench-large clean

help:
	@echo "make run    build the graph if needed and serve it on http://127.0.0.1:8000"
	@echo "make build  make a new release from ontology/ shapes/ data/ queries/"
	@echo "make test   set up and run all tests"
	@echo "make lint   ruff, mypy (strict) and import-linter"
	@echo "make check  lint and test"
	@echo "make bench  measure speed beside other servers (15 minutes); writes docs/benchmarks.md"
	@echo "make bench-large  the same questions over 10 M triples, and large builds; a page in docs/ for each"
	@echo "make clean  remove .venv and caches"

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "clustergraph needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python cannot make a virtual environment: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

run: $(STAMP)
	@$(BIN)/clustergraph serve

build: $(STAMP)
	@$(BIN)/clustergraph build

test: $(STAMP)
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test

BENCH := .venv-bench
BENCH_STAMP := $(BENCH)/.installed

$(BENCH_STAMP): pyproject.toml
	@echo "Setting up $(BENCH), with the servers to compare with …"
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $(BENCH_STAMP)

bench: $(STAMP) $(BENCH_STAMP)
	@$(BIN)/python -m benchmarks.run

bench-large: $(STAMP) $(BENCH_STAMP)
	@$(BIN)/python -m benchmarks.run --only large --only build-large

clean:
	rm -rf $(VENV) $(BENCH) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
