# Every command anyone needs. Each sets up what it needs first; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
T ?=
S ?=
B ?=
export UV_CUSTOM_COMPILE_COMMAND := make lock
# Eight processes that each compile every module anew would start in twice the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup check lint format test flow chaos bench simulate demo run lock docs up status down

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with everything in it and fetch the broker (safe to repeat)
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) on this machine: \
	install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) deploy/local/setup.py

check: lint test ## What CI runs; never writes

lint: setup ## Format, lint, types, layers: says what is wrong and changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy shared services/* deploy
	$(BIN)/mypy --explicit-package-bases tests
	$(BIN)/lint-imports

format: setup ## Format the code and fix what can be fixed: the one that writes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: setup ## All tests, by three workers, or some: make test T=tests/returns
	$(BIN)/python -m pytest $(or $(T),-n 3)

flow: setup ## The stories from end to end, and nothing else
	$(BIN)/python -m pytest tests/flow

chaos: setup ## The long run with kills and restarts
	CHAOS=full $(BIN)/python -m pytest -s tests/chaos tests/logistics_watch/test_stream_chaos.py

bench: setup ## Figures beside their floors, all or some: make bench B=language
	$(BIN)/python -m tests.bench $(B)

simulate: setup ## Routing's decisions in a seeded world, against common rules and bounds (10 minutes; Q=1: a look)
	$(BIN)/python -m tests.simulation $(if $(Q),--quick)

demo: setup ## The whole system on this machine, and a story through it
	@$(BIN)/python -m deploy.demo

run: setup ## One service as a process: make run S=returns
	@test -n "$(S)" || { echo "Name a service: make run S=returns" >&2; exit 1; }
	$(BIN)/python -m $(subst -,_,$(S)) run

up: setup ## The kept Kafka and PostgreSQL alone, until Ctrl-C
	@$(BIN)/python -m deploy.local up

status: setup ## What of them runs
	@$(BIN)/python -m deploy.local status

down: setup ## Stop what a run that died has left
	@$(BIN)/python -m deploy.local down

lock: setup ## Write requirements.lock anew from the pyproject.toml files, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	  --generate-hashes --no-emit-package meridian-shared --group dev services/*/pyproject.toml \
	  -o requirements.lock

docs: setup ## Write the generated documents anew
	$(BIN)/python -m shared.contracts.asyncapi > docs/asyncapi.json
