# `make demo` and `make test` need Python 3.11+ and make, and fetch everything else themselves.
# `make check` is the definition of done; .ci/run calls it and nothing else.

BIN := .venv/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help env demo test check format format-check lint types layers docs pictures lock

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 22

env: .venv/.in-sync ## make .venv hold what requirements.lock says

.venv/.in-sync: requirements.lock pyproject.toml scripts/environment.sh
	@scripts/environment.sh
	@touch $@

demo: env ## the whole system on this machine; options in ARGS="--speed 20"
	@$(BIN)/bayboard demo $(ARGS)

test: env ## install what the tests need and run them all, three at a time, since many wait; options in ARGS="-k wall"
	@scripts/install_test_parts.sh
	@$(BIN)/pytest --numprocesses 3 $(ARGS)

check: format-check lint types layers docs test ## everything that must hold before a commit is done

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
	@$(BIN)/python -m tests.take_pictures $(ARGS)

lock: env ## pin and hash what pyproject.toml asks for; ARGS="--upgrade" for newer versions
	@$(BIN)/uv pip compile pyproject.toml --quiet --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --output-file requirements.lock $(ARGS)
