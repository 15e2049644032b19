# Each target creates .venv if it is missing. `make` alone lists the targets.

PYTHON ?=
ARGS ?=
BIN := .venv/bin
PIN = $(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes \
	--no-emit-index-url --no-header --quiet $(ARGS)

# No target spends money: recipes do not see the keys of the shell.
unexport $(filter OPENAI_% AZURE_% GEMINI_% GPT_IMAGE_%,$(.VARIABLES))
# The tests start many processes of ours, which load compiled modules where they may be written.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check format chaos claude-code hostile bench slow-clients look constraints

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/.ready ## Generate a lighthouse into images/, offline and without a key
	PROVIDER=sketch OUTPUT_DIR=images DATA_DIR=images/.records CACHE_DIR=images/.cache $(BIN)/gpt-image \
		generate "a lighthouse above a quiet sea at dusk" --size 1536x1024 --partials 3

test: .venv/.ready ## Run the tests; ARGS="-k cache" is passed to pytest
	$(BIN)/pytest -n 4 --dist worksteal -q $(ARGS)

check: .venv/.ready ## Check format, lint, types, import contracts and spelling
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell

format: .venv/.ready ## Format the code, and fix the lint errors that ruff can fix
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

chaos: .venv/.ready ## Run fault injection against real servers and print the counts; CHAOS_SHARE=0.1 runs a tenth
	$(BIN)/pytest -q -m "" tests/chaos $(ARGS)

claude-code: .venv/.ready ## Run a real Claude Code against the server, without an account; npm installs 400 MB
	$(BIN)/pytest -q -m claude_code tests/e2e/test_claude_code.py $(ARGS)

hostile: .venv/.ready ## Run hostile and broken input against the server and print the counts; HOSTILE_SHARE=0.1 runs a tenth
	$(BIN)/pytest -q -m "" tests/hostile $(ARGS)

bench: .venv/.bench ## Measure against the stand-in OpenAI API
	$(BIN)/python -m benchmarks $(ARGS)

slow-clients: .venv/.ready ## Run slowhttptest against the HTTP server, if it is installed
	$(BIN)/python -m tests.e2e.slow_clients

look: .venv/.ready ## Generate a contact sheet of sketches into look/
	$(BIN)/python -m adapters.sketch.contact_sheet look

constraints: .venv/.ready ## Pin the dependencies of pyproject.toml; ARGS=--upgrade updates all pins
	$(PIN) pyproject.toml --group dev -o constraints.txt
	$(PIN) --group bench -c constraints.txt -o benchmarks/constraints.txt

# pip rejects hashes together with the project itself, so the project is installed in a second step.
.venv/.ready: constraints.txt pyproject.toml
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then exec $$python -m venv .venv; fi; \
	done; \
	echo "Python 3.11 or newer with venv is required. Pass its path: make PYTHON=/path/to/python3" >&2; \
	exit 1
	$(BIN)/python -m pip install -q --require-hashes -r constraints.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# Only the benchmarks need these packages, not the tests.
.venv/.bench: .venv/.ready benchmarks/constraints.txt
	$(BIN)/python -m pip install -q --require-hashes -r benchmarks/constraints.txt
	@touch $@
