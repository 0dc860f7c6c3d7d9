# One command for each habit; `make help` lists them from the comments behind the names.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test check format docs bench lock clean

help: ## List these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run $(VENV)/.dashboard ## Install what is missing and serve http://localhost:3000, with the sandbox if no key is set
	@$(BIN)/aivoicecaller serve

test: $(VENV)/.dev $(VENV)/.dashboard ## Run all tests; prints what was skipped and why
	@deploy/test_services.sh
	@$(BIN)/python deploy/build_dashboard.py --test
	@$(BIN)/pytest -n 2 --dist loadfile -rs $(PYTEST_ARGS)

check: $(VENV)/.dev $(VENV)/.dashboard ## Lint, types and formatting, of Python and of the dashboard
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/python deploy/build_dashboard.py --check

format: $(VENV)/.dev ## Format the Python sources
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.dev ## Write what is made from the code: settings, state diagrams, the API's description
	@$(BIN)/python docs/generate.py

bench: $(VENV)/.dev ## Measure against a bare handler and print ratios
	@$(BIN)/python -m benchmarks

lock: ## Resolve pyproject.toml into requirements/*.lock, with hashes
	@$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv
	@deploy/lock.sh $(VENV)/lock/bin/uv

clean: ## Remove what was installed and built, not the data
	@rm -rf $(VENV) dashboard/node_modules src/aivoicecaller/web/static

$(VENV)/bin/python:
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=... to name one.")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.lock requirements/build.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the product and its lock (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.lock -r requirements/build.lock
	@AIVOICECALLER_SKIP_DASHBOARD=1 $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@

# The script itself finds out whether anything changed; that takes a tenth of a second.
.PHONY: $(VENV)/.dashboard
$(VENV)/.dashboard: | $(VENV)/.run
	@$(BIN)/python deploy/build_dashboard.py
