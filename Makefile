# Every target does its own set-up. `make demo` needs nothing but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AS_OF := 2026-11-25
SHOP := fixtures/shop/depmap.toml

.PHONY: help demo test check format accuracy bench fuzz record drill lock test-jaeger-next clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | column -t -s "$$(printf '\t')"

$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: $(VENV)/run.stamp ## The recorded shop: matrix, phases and report
	$(BIN)/depmap --config $(SHOP) --as-of $(AS_OF) run --output reports/shop

test: $(VENV)/dev.stamp ## All tests, against a real Jaeger and a real Zipkin
	$(BIN)/python -m tests.servers.fetch
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Mend format and lint where it can be done without thought
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

accuracy: $(VENV)/dev.stamp ## Accuracy on simulated systems (SEEDS="6 7", ARGS="--services 30")
	$(BIN)/python -m tests.simulator $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

bench: $(VENV)/dev.stamp ## Speed and memory, as ratios measured in one run
	$(BIN)/python -m tests.bench

fuzz: $(VENV)/dev.stamp ## Ten minutes of damaged trace files, guided by what the readers do (Linux)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group fuzz
	$(BIN)/python -m tests.fuzz 600

record: $(VENV)/dev.stamp ## Run the shop for real and record its traces anew
	$(BIN)/python -m tests.servers.fetch
	$(BIN)/python -m fixtures.recording

drill: $(VENV)/dev.stamp ## Take each part of the running shop away in turn and measure what fails
	$(BIN)/python -m tests.servers.fetch
	$(BIN)/python -m fixtures.drill

test-jaeger-next: $(VENV)/dev.stamp ## The later Jaeger (DEPMAP_JAEGER_NEXT names the program)
	$(BIN)/python -m pytest tests/servers -k later_jaeger

lock: $(VENV)/dev.stamp ## Resolve the locks anew
	$(BIN)/uv pip compile pyproject.toml --group build --universal --generate-hashes --no-header --upgrade --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --upgrade --quiet --output-file requirements-dev.lock

clean: ## Remove what the targets made
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache fixtures/shop/ledger
