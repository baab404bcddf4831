# `make help` says what there is. Everything works without a terminal and from a fresh clone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help lab converge smoke status pools check-inventory shell psql slo drill test test-all lint format sanity unit molecule ubuntu bench clean distclean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: ## raise the lab on this machine, converge it and say how to get in
	@scripts/lab

converge: ## converge an inventory, as the workflows do: INVENTORY=path (CHECK=1, PLAYBOOK=name)
	@scripts/converge -i "$(INVENTORY)" $(if $(CHECK),--check) $(PLAYBOOK)

smoke: ## does what an inventory's environment serves answer from here: INVENTORY=path
	@scripts/smoke -i "$(INVENTORY)"

status: ## who is primary, who follows, how far behind (JSON=1, INVENTORY=path)
	@scripts/status $(if $(JSON),--json) $(if $(INVENTORY),-i $(INVENTORY))

pools: ## PgBouncer's pools: clients, waiting, servers, statistics (JSON=1, INVENTORY=path)
	@scripts/pools $(if $(JSON),--json) $(if $(INVENTORY),-i $(INVENTORY))

slo: ## the measures of success beside what was promised (JSON=1, INVENTORY=path)
	@scripts/slo $(if $(JSON),--json) $(if $(INVENTORY),-i $(INVENTORY))

check-inventory: ## every variable of an inventory against the roles, without connecting (INVENTORY=path, or both real ones)
	@scripts/check-inventory $(or $(INVENTORY),inventories/production inventories/staging)

shell: ## a shell on a machine of the lab: make shell M=db01
	@scripts/shell $(or $(M),db01)

psql: ## psql on the current primary of the lab
	@scripts/psql

test: ## everything that must hold before a change lands; takes the lab down at the end (KEEP=1 leaves it)
	@scripts/test

test-all: ## long tests: make test-all PART=name; without PART, which there are
	@scripts/test --part=$(PART)

drill: ## break the lab in every way that has an alert, and see each one arrive and resolve
	@scripts/test --part=drill

lint: ## ansible-lint, yamllint, ruff, shellcheck, actionlint, zizmor
	@scripts/test lint

format: ## let ruff rewrite the Python files
	@scripts/setup && . scripts/env && ruff check --fix . && ruff format .

sanity: ## ansible-test sanity on a copy of the checkout
	@scripts/test sanity

unit: ## the unit tests
	@scripts/test unit

molecule: ## the lab from create to verify, or a role's scenario: make molecule SCENARIO=postgres_primary
	@$(if $(SCENARIO),scripts/test prepare && scripts/molecule $(SCENARIO) test,scripts/test lab)

ubuntu: ## Ubuntu 24.04 with PGDG and Docker's own repository; needs a container registry and these two
	@scripts/setup && scripts/engine start && tests/images/ubuntu && scripts/molecule ubuntu test

bench: ## how long the first converge takes, beside a plain shell script
	@scripts/test --part=bench-converge

clean: ## take the lab down; stop the Docker engine if make lab started it
	@scripts/clean

distclean: ## also remove .venv, .cache and the images of the lab
	@scripts/clean --all
