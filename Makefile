# `make help` says what there is. Everything works without a terminal and from a fresh clone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help lab status pools shell psql test test-all lint format sanity unit molecule bench clean distclean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: ## raise the lab on this machine, converge it and say how to get in
	@scripts/lab

status: ## who is primary, who follows, how far behind (JSON=1, INVENTORY=path)
	@scripts/status $(if $(JSON),--json) $(if $(INVENTORY),-i $(INVENTORY))

pools: ## PgBouncer's pools: clients, waiting, servers, statistics (JSON=1, INVENTORY=path)
	@scripts/pools $(if $(JSON),--json) $(if $(INVENTORY),-i $(INVENTORY))

shell: ## a shell on a machine of the lab: make shell M=db01
	@scripts/shell $(or $(M),db01)

psql: ## psql on the current primary of the lab
	@scripts/psql

test: ## everything that must hold before a change lands; takes the lab down at the end (KEEP=1 leaves it)
	@scripts/test

test-all: ## long tests: make test-all PART=name; without PART, which there are
	@scripts/test --part=$(PART)

lint: ## ansible-lint, yamllint, ruff, shellcheck
	@scripts/test lint

format: ## let ruff rewrite the Python files
	@scripts/setup && . scripts/env && ruff check --fix . && ruff format .

sanity: ## ansible-test sanity on a copy of the checkout
	@scripts/test sanity

unit: ## the unit tests
	@scripts/test unit

molecule: ## the lab from create to verify, or a role's scenario: make molecule SCENARIO=postgres_primary
	@$(if $(SCENARIO),scripts/test prepare && scripts/molecule $(SCENARIO) test,scripts/test lab)

bench: ## how long the first converge takes, beside a plain shell script
	@scripts/test --part=bench-converge

clean: ## take the lab down; stop the Docker engine if make lab started it
	@scripts/clean

distclean: ## also remove .venv, .cache and the images of the lab
	@scripts/clean --all
