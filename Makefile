# Each target makes its own .venv when there is none. `make` alone lists them.

PYTHON ?=
ARGS ?=
BIN := .venv/bin
PIN = $(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes \
	--no-emit-index-url --no-header --quiet $(ARGS)

# No target spends money: whatever OPENAI_… the shell has, no recipe sees it.
unexport $(filter OPENAI_%,$(.VARIABLES))

.PHONY: help demo test check chaos bench slow-clients look constraints

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/.ready ## Paint a lighthouse into pictures/, offline and without a key
	PROVIDER=sketch OUTPUT_DIR=pictures DATA_DIR=pictures/.records CACHE_DIR=pictures/.cache $(BIN)/mcp-server-gpt-image \
		generate "a lighthouse above a quiet sea at dusk" --size 1536x1024 --partials 3

test: .venv/.ready ## Run the tests; ARGS="-k cache" is passed on to pytest
	$(BIN)/pytest -n 3 -q $(ARGS)

check: .venv/.ready ## Format, lint, types, import contracts, spelling
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell

chaos: .venv/.ready ## Let everything go wrong around real servers, and print what was counted; CHAOS_SHARE=0.1 for less
	$(BIN)/pytest -q -m "" tests/chaos $(ARGS)

bench: .venv/.bench ## Measure against the stand-in OpenAI API
	$(BIN)/python -m benchmarks $(ARGS)

slow-clients: .venv/.ready ## Let slowhttptest's slow clients at the web server, if it is installed
	$(BIN)/python -m tests.e2e.slow_clients

look: .venv/.ready ## Paint a contact sheet of the sketches into look/
	$(BIN)/python -m adapters.sketch.contact_sheet look

constraints: .venv/.ready ## Pin what pyproject.toml asks for; ARGS=--upgrade moves all pins
	$(PIN) pyproject.toml --group dev -o constraints.txt
	$(PIN) --group bench -c constraints.txt -o benchmarks/constraints.txt

# pip refuses hashes beside the project itself, so the project is installed in a second step.
.venv/.ready: constraints.txt pyproject.toml
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then exec $$python -m venv .venv; fi; \
	done; \
	echo "This needs Python 3.11 or newer with venv. Name yours: make PYTHON=/path/to/python3" >&2; \
	exit 1
	$(BIN)/python -m pip install -q --require-hashes -r constraints.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# What only measures: nobody needs it to run the tests.
.venv/.bench: .venv/.ready benchmarks/constraints.txt
	$(BIN)/python -m pip install -q --require-hashes -r benchmarks/constraints.txt
	@touch $@
