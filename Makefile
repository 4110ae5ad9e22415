# Everything happens in $(VENV); nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# A process a core; each loads a TensorFlow, which takes up to 2 GB. Tests differ a
# hundredfold in length: who is idle steals.
PARALLEL := -n logical --maxprocesses 4 --dist worksteal

# The many short processes of the tests find this package compiled: 0.14 s each, even where (as in many
# containers) the environment forbids to write bytecode.
test test-all: export PYTHONDONTWRITEBYTECODE :=

.PHONY: install run smoke test test-all lint types contracts format clean
.DEFAULT_GOAL := install

install: $(INSTALLED)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

run: install
	$(BIN)/actbench run configs/mnist.yaml

smoke: install
	$(BIN)/actbench run configs/smoke.yaml --fresh

test: install lint types contracts
	$(BIN)/python -m pytest $(PARALLEL)

test-all: install lint types contracts
	$(BIN)/python -m pytest $(PARALLEL) -m '' --hypothesis-profile=default

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
