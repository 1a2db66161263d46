# Everything from a fresh clone: the first call makes the environment in .venv, later calls reuse it.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
PIP = PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
PYTEST = IPYTHONDIR=$(CURDIR)/$(VENV)/ipython $(BIN)/pytest -n 2
# The tests of what the database does run on PostgreSQL, too, each time; make test-slow adds the others that touch it.
CONTRACT_TESTS = tests/database tests/persist tests/query tests/context tests/processors/test_connection.py
DATABASE_TESTS = tests/ingest tests/planning tests/tasks tests/calibrations tests/tracing tests/cli tests/test_night.py

.PHONY: demo notebooks outputs check test test-slow coverage docs pictures bench constraints clean

demo: $(VENV)/.ready
	rm -rf demo
	BIN=$(BIN) MPLBACKEND=Agg sh notebooks/demo.sh demo

notebooks: $(VENV)/.ready
	$(PIP) jupyterlab
	$(BIN)/jupyter lab notebooks

# The notebooks are kept with their outputs; after a change of what they show, run them all anew.
outputs: $(VENV)/.ready
	$(BIN)/python notebooks/run.py

# Without running anything: imports between rooms, style, types.
check: $(VENV)/.ready
	$(BIN)/lint-imports --no-cache
	$(BIN)/ruff check
	$(BIN)/pyrefly check

test: check
	$(PYTEST) -m "not slow" --nbmake tests notebooks/1-calibration.ipynb
	$(PYTEST) -m "not slow" --database postgresql $(CONTRACT_TESTS)

test-slow: $(VENV)/.ready
	$(PYTEST) -m slow
	$(PYTEST) --nbmake notebooks
	$(PYTEST) -m slow --database postgresql $(CONTRACT_TESTS)
	$(PYTEST) -m "not slow" --database postgresql $(DATABASE_TESTS)

# Kernels that numba compiles count as not run.
coverage: $(VENV)/.ready
	$(PIP) -e '.[dev]'
	$(PYTEST) -m "not slow" --cov --cov-report=html --cov-report=json:coverage/coverage.json tests
	$(BIN)/python -m tests.coverage_of_rooms coverage/coverage.json
	@echo open coverage/index.html

docs: $(VENV)/.ready
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo open docs/_build/html/index.html

# The pictures of the README, drawn by awlike from a simulated night.
pictures: $(VENV)/.ready
	MPLBACKEND=Agg $(BIN)/python docs/pictures/make.py

bench: $(VENV)/.ready
	$(PIP) -e '.[bench]'
	$(BIN)/python -m tests.bench

# The newest versions that pyproject.toml allows, by the oldest Python: every newer Python can install them.
constraints:
	$(PYTHON) -c 'import sys; assert sys.version_info[:2] == (3, 11), "the oldest Python decides: make constraints PYTHON=python3.11"'
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	build/constraints/bin/pip install --quiet --disable-pip-version-check '.[all]'
	(sed -n '/^#/p' constraints.txt; build/constraints/bin/pip freeze --exclude awlike) > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/constraints

$(VENV)/.ready: pyproject.toml setup.py constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "awlike needs Python 3.11 or newer: make PYTHON=python3.13"'
	@echo "make an environment in $(VENV), once: it takes some minutes"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	@PYTHONWARNINGS=ignore $(BIN)/python tests/pip_with_progress.py -c constraints.txt -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) demo build coverage *.egg-info docs/_build docs/reference
