# Everything a developer and CI run. Needs Python 3.11 or newer with venv, and nothing else: `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# The stamp is older than the lock file exactly when there is something to install, so a set-up tree needs no network.
STAMP := $(VENV)/.synced
# The runtime of the edge broker's tests, and when it was installed.
EDGE := tests/edge/node_modules/.installed
# The coding agents that the gateway is tested with.
AGENTS := tests/agents/node_modules/.installed
# The client programs that the gateway is tested with: two Python environments and an npm folder.
CLIENTS := tests/clients/node_modules/.installed
# Which rows of docs/clients.md `test-clients` and `test-agents` run: all, or those whose names hold this.
K ?=
# The first interpreter that is new enough; override with `make setup PYTHON=/path/to/python`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo "$$p"; break; fi; done)
# An interpreter of the version that the image has (Dockerfile): empty where this machine has none.
IMAGE_PYTHON ?= $(firstword $(shell python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null) \
	$(wildcard $(HOME)/.pyenv/versions/3.13.*/bin/python3.13))
PROTOS := $(wildcard proto/warp/*.proto)

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo up test test-load test-fuzz test-faults faults soak test-image test-python test-compose test-brokers test-kubernetes test-edge test-browser test-clients test-agents test-all test-long lint types arrows \
	drift check fmt proto docs audit

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name words; do \
		printf '  make %-10s %s\n' "$$name" "$$words"; done

setup: $(STAMP) ## .venv with the locked dependencies

$(STAMP): uv.lock pyproject.toml
	@$(MAKE) $(BIN)/uv
	$(BIN)/uv sync --frozen --quiet
	@touch $(STAMP)

$(BIN)/uv:
	@if [ ! -x $(BIN)/python ]; then \
		if [ -z "$(PYTHON)" ]; then echo "make: no Python 3.11 or newer found; install one or say make setup PYTHON=…" >&2; exit 1; fi; \
		"$(PYTHON)" -m venv $(VENV); \
	fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

demo: setup ## everything on this machine against the bundled simulator; needs no credentials
	@exec $(BIN)/python -m cli.main demo

up: setup ## everything on this machine with your own credentials (.env)
	@exec $(BIN)/python -m cli.main up

test: setup ## the tests that need Python alone
	$(BIN)/python -m pytest -q -n 3 --dist loadfile -m "not long and not slow and not load and not edge and not clients and not faults and not fuzz and not browser and not compose and not brokers and not kubernetes and not image"

test-load: setup ## hundreds of streams and thousands of leases at once, and what else takes long
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "slow and not load and not long"
	$(BIN)/python -m pytest -q -m "load and not long"

test-fuzz: setup ## random requests, by the OpenAPI document and against all reason; FUZZ_SEED=… draws others
	$(BIN)/python -m pytest -q tests/fuzz

test-faults: setup ## everything is killed, stopped and restarted under load; FAULTS_SEED=… repeats a run
	$(BIN)/python -m pytest -q -m "faults and not long" tests/faults

faults: setup ## the long form: three seeds of ten minutes each, with the table of docs/reliability.md
	$(BIN)/python -m tests.faults.run --seconds 600 --runs 3

soak: setup ## tens of thousands of short jobs; how much memory each process gains by them
	$(BIN)/python -m tests.faults.soak

# Where there is no Python of the image's version, it is built with the one that is here.
test-image: setup ## the image without containers: its parts as the Dockerfile says, every process from them
	IMAGE_PYTHON="$(IMAGE_PYTHON)" $(BIN)/python -m pytest -q -m image tests/image

test-python: ## the unit tests on the image's Python in a .venv of its own; IMAGE_PYTHON=… names another one
	@if [ -z "$(IMAGE_PYTHON)" ]; then echo "make: no Python 3.13 found; say IMAGE_PYTHON=…" >&2; exit 1; fi
	@version=$$("$(IMAGE_PYTHON)" -c 'import sys; print("{}.{}".format(*sys.version_info))'); \
	$(MAKE) setup VENV=.venv-$$version PYTHON="$(IMAGE_PYTHON)"; \
	.venv-$$version/bin/python -m pytest -q -n 3 --dist loadfile tests/unit

test-compose: setup ## the image and compose.yaml for real, with Docker or else with Podman, which it installs
	bash tests/compose/run.sh

test-kubernetes: setup ## the manifests of deploy/kubernetes against Kubernetes' own schemas
	$(BIN)/uv sync --frozen --quiet --group kubernetes
	$(BIN)/python -m pytest -q tests/kubernetes

test-brokers: setup ## the queue in RabbitMQ, and Redis behind Sentinel, struck under load; installs RabbitMQ if there is none
	@[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || bash tests/install_debian.sh rabbitmq-server
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "brokers and not long" tests/brokers

test-edge: setup $(EDGE) ## the edge broker in the runtime it is deployed to; installs node if there is none
	$(BIN)/python -m pytest -q -m "edge and not long"

# Not `npm ci`: it wants every platform's package in the registry, also those this machine has no use for.
$(EDGE): tests/edge/package.json tests/edge/package-lock.json
	@command -v npm >/dev/null || bash tests/install_debian.sh nodejs npm
	npm install --prefix tests/edge --no-save --no-fund --no-audit --loglevel=error
	@touch $(EDGE)

# Playwright drives it by a Node of its own, which needs libatomic.
test-browser: setup ## the bridge's page and Flower in Chromium; installs it if there is none
	@{ [ -x /usr/bin/chromium ] && /sbin/ldconfig -p | grep -q 'libatomic\.so\.1'; } || \
	bash tests/install_debian.sh chromium fonts-dejavu-core libatomic1
	$(BIN)/uv sync --frozen --quiet --group browser
	$(BIN)/python -m pytest -q -m "browser and not long" tests/browser

test-clients: setup $(CLIENTS) ## client libraries, Python and Node, and curl against the gateway; installs what is missing
	@command -v curl >/dev/null || bash tests/install_debian.sh curl
	$(BIN)/python -m pytest -q -m "clients and not long" -k "$(K)"

$(CLIENTS): $(addprefix tests/clients/,pyproject.toml uv.lock package.json package-lock.json install.sh)
	bash tests/clients/install.sh
	@touch $(CLIENTS)

test-agents: setup $(AGENTS) ## Claude Code, Codex, opencode and aider at work against the gateway; installs them
	$(BIN)/python -m pytest -q -m agents -k "$(K)"

$(AGENTS): $(addprefix tests/agents/,pyproject.toml uv.lock package.json package-lock.json install.sh)
	bash tests/agents/install.sh
	@touch $(AGENTS)

test-all: check test test-load test-fuzz test-faults test-brokers test-edge test-browser test-clients test-kubernetes test-image ## all that CI runs: check, tests, install smoke, compose file, audit
	bash tests/install_smoke.sh
	bash tests/compose_check.sh
	@if [ -n "$(IMAGE_PYTHON)" ]; then $(MAKE) test-python; \
	else echo "make: NOT TESTED on the image's Python: there is no 3.13 here" >&2; fi
	@$(MAKE) $(BIN)/uv; bash tests/audit.sh $(BIN)/uv || [ $$? = 3 ]  # 3: nobody could be asked, and it says so

test-long: setup $(AGENTS) ## soaks, coding agents and other tests that take long
	$(BIN)/python -m pytest -q -m long

lint: setup ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy
	$(BIN)/mypy

arrows: setup ## import-linter: the rooms' arrows
	$(BIN)/lint-imports

drift: setup ## the generated protobuf code and pages are what the .proto files and the settings say
	$(BIN)/python -m pytest -q tests/unit/test_generated.py tests/unit/test_written_pages.py

check: lint types arrows drift ## lint + types + arrows + drift; no tests

audit: setup $(BIN)/uv ## what is known against the packages that uv.lock pins; fails also where nobody can be asked
	@bash tests/audit.sh $(BIN)/uv

fmt: setup ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

proto: setup ## regenerate proto/warp/*_pb2.py from the .proto files
	@if [ -z "$(PROTOS)" ]; then echo "make: no proto/warp/*.proto yet" >&2; exit 1; fi
	$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. $(PROTOS)

docs: setup ## rewrite docs/configuration.md and .env.example by the settings, the error table in docs/protocol.md
	$(BIN)/python -m tests.written_pages
