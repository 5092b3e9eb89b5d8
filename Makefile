# `make demo` and `make test` need Python 3.11+ and make, and fetch everything else themselves.
# `make check` is the definition of done; .ci/run calls it and nothing else.

BIN := .venv/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help env demo test parts check static format format-check lint types layers docs pictures lock proof-pages \
	proof-kills proof-soak proof-properties proof-moments proof-load sbom audit licences secrets

PYTEST = $(BIN)/pytest --numprocesses 3
PROOF = BAYBOARD_TEST_PROOF=1 BAYBOARD_TEST_PATIENCE=4 $(BIN)/pytest

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 26

env: .venv/.in-sync ## make .venv hold what requirements.lock says

.venv/.in-sync: requirements.lock pyproject.toml scripts/environment.sh
	@scripts/environment.sh
	@touch $@

demo: env ## the whole system on this machine; options in ARGS="--speed 20"
	@$(BIN)/bayboard demo $(ARGS)

parts: env
	@scripts/install_test_parts.sh

test: parts ## install what the tests need and run them all, three at a time, since many wait; options in ARGS="-k wall"
	@$(PYTEST) $(ARGS)

proof-pages: env ## every page over every extreme value of every column that can be stored; about half an hour
	@BAYBOARD_PROOF_PAGES=1 $(BIN)/pytest tests/dashboard/edge/test_stored_extremes.py

check: parts ## everything that must hold before a commit is done; the checks of the text run beside the tests
	@$(MAKE) --no-print-directory static & static=$$!; $(PYTEST) $(ARGS); tested=$$?; wait $$static && exit $$tested

static: format-check lint types layers docs ## format, lint, types, layers and generated documents

proof-kills: parts ## kill ingest, broker, database, senders and engines of rules many times; nothing is lost or doubled
	@$(PROOF) tests/processes/test_durability.py tests/processes/test_notices_killed.py tests/processes/test_deliveries.py \
		tests/bayboard/backfill/test_backfill.py tests/bayboard/demo/test_demo.py $(ARGS)

proof-malformed: parts ## a million messages that are wrong in every way: each is stored or refused with a reason
	@$(BIN)/bayboard bench malformed $(ARGS)

proof-soak: parts ## two weeks of changes on one page, which holds no more memory at their end
	@$(PROOF) tests/processes/test_soak.py $(ARGS)

proof-properties: parts ## Hypothesis with thirty to fifty times the examples
	@$(PROOF) --numprocesses 2 $$(grep -rl --include='test_*.py' '^from hypothesis' tests) $(ARGS)

proof-moments: parts ## the tests with the clock at six moments; MOMENTS="2026-12-31T23:50", options in ARGS="-k devices"
	@scripts/prove_moments.sh $(ARGS)

proof-load: parts ## the tests while eight busy processes take the cores; options in ARGS
	@scripts/prove_load.sh $(ARGS)

format: env ## write the code in the one format
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

format-check: env
	@$(BIN)/ruff format --quiet --check .

lint: env ## ruff
	@$(BIN)/ruff check --quiet .

types: env ## mypy --strict over code and tests
	@$(BIN)/mypy --no-error-summary

layers: env ## who may import whom
	@$(BIN)/lint-imports --no-logo

docs: env ## check that generated documents are current
	@$(BIN)/bayboard docs --check

pictures: env ## take the pictures of README and docs anew, of a shop that is always the same; ARGS="wall lounge"
	@$(BIN)/python -m tests.rig.take_pictures $(ARGS)

lock: env ## pin and hash what pyproject.toml asks for; ARGS="--upgrade" for newer versions
	@$(BIN)/uv pip compile pyproject.toml --quiet --group dev --extra demo --universal --python-version 3.11 \
		--generate-hashes --no-header --output-file requirements.lock $(ARGS)

secrets: env ## make the secrets of an installation in .env; ARGS="--host board.example"
	@$(BIN)/bayboard secrets $(ARGS)

sbom: env ## write sbom.json (CycloneDX): what production is made of, from the lock, without the network
	@$(BIN)/python scripts/dependencies.py lock \
		| $(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file sbom.json -

audit: env ## ask whether a version in the lock has known weaknesses; needs the network, and a release runs it
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock $(ARGS)

licences: env ## write docs/licences.md: the licences of what production is made of
	@$(BIN)/python scripts/dependencies.py licences >docs/licences.md
