# Everything from a fresh clone: the first call makes the environment in .venv, later ones reuse it.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
# What the database is for: run against PostgreSQL too, each time. And all else that touches it: by test-slow.
CONTRACT_TESTS = tests/database tests/persist tests/query tests/context
DATABASE_TESTS = tests/ingest tests/tasks tests/tracing tests/cli tests/test_night.py

.PHONY: demo notebooks test test-slow docs bench clean

demo: $(VENV)/.ready
	rm -rf demo
	BIN=$(BIN) MPLBACKEND=Agg sh notebooks/demo.sh demo

notebooks: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check jupyterlab
	$(BIN)/jupyter lab notebooks

test: $(VENV)/.ready
	$(BIN)/lint-imports --no-cache
	IPYTHONDIR=$(CURDIR)/$(VENV)/ipython $(BIN)/pytest -m "not slow" -n 2 --nbmake tests notebooks
	$(BIN)/pytest -m "not slow" -n 2 --database postgresql $(CONTRACT_TESTS)

test-slow: $(VENV)/.ready
	$(BIN)/pytest -m slow -n 2
	$(BIN)/pytest -m "not slow" -n 2 --database postgresql $(DATABASE_TESTS)

docs: $(VENV)/.ready
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo open docs/_build/html/index.html

bench: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m tests.bench

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "awlike needs Python 3.11 or newer: make PYTHON=python3.13"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf $(VENV) demo build *.egg-info docs/_build docs/reference
