# Everything a person runs. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
TESTS ?= tests
XDIST ?= 2
METRICS = .local/run/metrics-$(PORT)
STAMP := $(VENV)/installed

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements.txt requirements-local.txt requirements-dev.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12 …")'
	@echo "Installing into $(VENV); this takes about a minute, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@

.PHONY: install
install: $(STAMP) ## Make the virtual environment with the pinned packages

.PHONY: stores
stores: $(STAMP) ## Start the local stores and bring their schema up to date
	$(BIN)/python -m dev up
	$(BIN)/python manage.py setup_stores

.PHONY: run
run: web-port stores ## Start all, seed demo data at first, serve on PORT (8000), with the worker; Ctrl-C leaves the stores up
	$(BIN)/python manage.py seed --if-empty --api http://$(ADDRESS):$(PORT)/api/v1
	@echo
	@echo "  Titles    http://$(ADDRESS):$(PORT)/"
	@echo "  API docs  http://$(ADDRESS):$(PORT)/api-docs"
	@echo "  Admin     http://$(ADDRESS):$(PORT)/admin/   (demo login: admin / admin-demo)"
	@echo "  Health    http://$(ADDRESS):$(PORT)/readyz"
	@echo
	@rm -rf $(METRICS) && mkdir -p $(METRICS)
	@$(BIN)/python manage.py worker & worker=$$!; trap 'kill $$worker 2>/dev/null' EXIT; \
	PROMETHEUS_MULTIPROC_DIR=$(METRICS) $(BIN)/granian --interface wsgi --host $(ADDRESS) --port $(PORT) \
		--workers $(WORKERS) --blocking-threads 4 --respawn-failed-workers --workers-kill-timeout 10 \
		--log-level warning streaming.wsgi:application

.PHONY: web-port
web-port: $(STAMP)
	@$(BIN)/python -m dev free $(PORT)

.PHONY: worker
worker: stores ## What happens by itself, each minute: views, dates, search; `make run` has one
	@exec $(BIN)/python manage.py worker

.PHONY: stop
stop: $(STAMP) ## Stop the local stores; their data stays
	$(BIN)/python -m dev down

.PHONY: reset
reset: $(STAMP) ## Stop the local stores and delete their data
	$(BIN)/python -m dev reset

.PHONY: test
test: $(STAMP) ## Run every test on stores of its own, the catalog on plain PostgreSQL
	$(BIN)/python -m dev --instance test reset
	TEST_CATALOG=plain $(BIN)/python -m dev --instance test exec --fast -- $(BIN)/python -m pytest -n $(XDIST) --dist loadfile $(TESTS)
	$(BIN)/python -m dev --instance test reset

.PHONY: test-citus
test-citus: $(STAMP) ## Run every test with the catalog distributed over two Citus workers (PG_CONFIG names one)
	$(BIN)/python -m dev --instance test-citus reset
	TEST_CATALOG=distributed $(BIN)/python -m dev --instance test-citus exec --fast -- \
		$(BIN)/python -m pytest -n $(XDIST) --dist loadfile $(TESTS)
	$(BIN)/python -m dev --instance test-citus reset

.PHONY: lint
lint: $(STAMP) ## Check style, types, layers, migrations and the API's schema
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	ENV_FILE=.env.example $(BIN)/mypy .
	ENV_FILE=.env.example $(BIN)/lint-imports
	ENV_FILE=.env.example $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	ENV_FILE=.env.example $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

.PHONY: format
format: $(STAMP) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## Delete the virtual environment and caches; the stores' data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
