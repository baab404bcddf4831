# `make help` lists the commands. All work without a terminal and from a fresh clone.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help lab converge deploy deploy-by-key rollback smoke status pools releases logs validate check-inventory shell psql slo drill test test-all lint format sanity unit molecule ubuntu bench clean distclean

PYTHON := scripts/env python
REPORT_OPTIONS = $(if $(JSON),--json) $(if $(INVENTORY),-i "$(INVENTORY)")

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: ## start the lab on this host, run the playbooks, print the status and how to get in
	@scripts/lab

converge: ## run a playbook on an inventory, as the workflows do: INVENTORY=path (PLAYBOOK=name, default site; CHECK=1)
	@$(PYTHON) scripts/converge.py -i "$(INVENTORY)" $(if $(CHECK),--check) $(PLAYBOOK)

# RELEASE comes to the script by the environment, never as a part of a command.
deploy: ## put a release into the place of the one that serves: INVENTORY=path RELEASE=tag or digest (CHECK=1)
	@$(PYTHON) scripts/converge.py -i "$(INVENTORY)" $(if $(CHECK),--check) deploy

deploy-by-key: ## the same over SSH by a deployment key, without Ansible: DEPLOY_TO=user@address RELEASE=tag or digest
	@python3 scripts/deploy_by_key.py

rollback: ## go back to the release before, or to another that was deployed: INVENTORY=path (RELEASE=tag or digest; CHECK=1)
	@$(PYTHON) scripts/converge.py -i "$(INVENTORY)" $(if $(CHECK),--check) rollback

smoke: ## check from this host that the environment of an inventory answers: INVENTORY=path
	@$(PYTHON) scripts/smoke.py -i "$(INVENTORY)"

status: ## show the primary, its standbys and their lag (INVENTORY=path, default the lab; JSON=1)
	@$(PYTHON) scripts/report.py status $(REPORT_OPTIONS)

pools: ## show PgBouncer's pools: clients, waiting, servers, statistics (INVENTORY=path, default the lab; JSON=1)
	@$(PYTHON) scripts/report.py pools $(REPORT_OPTIONS)

releases: ## show what was deployed, by whom, and how it ended (INVENTORY=path, default the lab; JSON=1)
	@$(PYTHON) scripts/report.py releases $(REPORT_OPTIONS)

logs: ## search the logs of all machines: Q=query SINCE=15m (INVENTORY=path, default the lab; FOLLOW=1 JSON=1)
	@LOGS_QUERY="$$Q" LOGS_SINCE="$$SINCE" LOGS_FOLLOW="$$FOLLOW" LOGS_JSON="$$JSON" $(PYTHON) scripts/logs.py $(if $(INVENTORY),-i "$(INVENTORY)")

slo: ## show what was measured beside what was promised (INVENTORY=path, default the lab; JSON=1)
	@$(PYTHON) scripts/report.py slo $(REPORT_OPTIONS)

validate: ## measure what was promised, print a table, write .cache/validate/report.html (INVENTORY=path, default the lab; PARTS=names; JSON=1)
	@$(PYTHON) scripts/report.py validate $(REPORT_OPTIONS) --extra validate=$(PARTS) --extra validate_directory=$(CURDIR)/.cache/validate \
	  --extra validate_commit=$$(git rev-parse --short HEAD 2>/dev/null)

check-inventory: ## check every variable against the roles, without connecting (INVENTORY=path, default production and staging)
	@$(PYTHON) scripts/check_inventory.py $(or $(INVENTORY),inventories/production inventories/staging)

shell: ## open a shell on a machine of the lab: make shell M=db01
	@scripts/shell $(or $(M),db01)

psql: ## open psql on the primary of the lab
	@scripts/psql

test: ## run everything that must hold before a change lands; removes the lab at the end (KEEP=1 keeps it)
	@scripts/test

test-all: ## run one of the long tests: PART=name; without PART, list them
	@scripts/test --part=$(PART)

drill: ## cause a dozen failures in the lab, and wait until each alert fires and resolves
	@scripts/test --part=drill

lint: ## run ansible-lint, yamllint, ruff, mypy, shellcheck, codespell, hunspell, actionlint, zizmor and check the whitespace
	@scripts/test lint

format: ## rewrite the Python files with ruff
	@scripts/setup && . scripts/env && ruff check --fix . && ruff format .

sanity: ## run ansible-test sanity on a copy of the checkout
	@scripts/test sanity

unit: ## run the unit tests
	@scripts/test unit

molecule: ## test the lab from create to verify, or a role's scenario: make molecule SCENARIO=postgres_primary
	@$(if $(SCENARIO),scripts/test prepare && scripts/molecule $(SCENARIO) test,scripts/test lab)

ubuntu: ## test on Ubuntu 24.04 with PGDG and Docker's own repository; needs these two and a container registry
	@scripts/setup && scripts/engine start && tests/images/ubuntu && scripts/molecule ubuntu test

bench: ## measure the first converge beside a plain shell script
	@scripts/test --part=bench-converge

clean: ## remove the lab; stop the Docker engine if make lab started it
	@scripts/clean

distclean: ## also remove .venv, .cache and the images of the lab
	@scripts/clean --all
