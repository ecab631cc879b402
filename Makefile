# Every command of the project. `make` alone lists them.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
UV := .venv-uv/bin/uv
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0
# Images of Python often forbid bytecode. Each process of the tests would then compile a thousand modules anew.
unexport PYTHONDONTWRITEBYTECODE

# --- Set-up -----------------------------------------------------------------------------------------------------------

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

$(UV): requirements/bootstrap.txt
	@python3 -m venv .venv-uv
	@.venv-uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

# pyproject.toml is the project itself, the command consent-ops, linked from this folder.
$(VENV)/.installed: $(UV) requirements/dev.txt pyproject.toml .python-version
	@echo "Installing the locked packages (once) ..."
	@$(UV) venv --quiet --allow-existing --seed $(VENV)
	@$(UV) pip sync --quiet --require-hashes --python $(PYTHON) requirements/dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(PYTHON) --editable .
	@touch $@

.venv-ministack/.installed: $(UV) requirements/ministack.txt .python-version
	@$(UV) venv --quiet --allow-existing .venv-ministack
	@$(UV) pip sync --quiet --require-hashes --python .venv-ministack/bin/python requirements/ministack.txt
	@touch $@

.venv-audit/.installed: $(UV) requirements/audit.txt .python-version
	@$(UV) venv --quiet --allow-existing .venv-audit
	@$(UV) pip sync --quiet --require-hashes --python .venv-audit/bin/python requirements/audit.txt
	@touch $@

.venv-scan/.installed: $(UV) requirements/scan.txt .python-version
	@$(UV) venv --quiet --allow-existing .venv-scan
	@$(UV) pip sync --quiet --require-hashes --python .venv-scan/bin/python requirements/scan.txt
	@touch $@

# Node and npm are the wheel's, in $(BIN); no package runs a script of its own.
sdk/node_modules/.installed: $(VENV)/.installed sdk/package-lock.json
	@cd sdk && npm ci --ignore-scripts --loglevel=error
	@touch $@

# Other people's libraries, for the pages of the browser tests.
WORLD := tests/browser/world/node_modules
$(WORLD)/.installed: $(VENV)/.installed tests/browser/world/package-lock.json
	@cd tests/browser/world && npm ci --ignore-scripts --loglevel=error
	@touch $@

.PHONY: install
install: $(VENV)/.installed ## Install everything for development, into this folder only

LOCK := $(UV) pip compile --quiet --generate-hashes --custom-compile-command 'make lock'
.PHONY: lock
lock: $(UV) ## Resolve versions and write the locks (UPGRADE=1 takes the newest)
	$(LOCK) $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 requirements/bootstrap.in -o requirements/bootstrap.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --python-version 3.13 requirements/layer.in -o layers/consent_core/requirements.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --python-version 3.13 requirements/console.in -o layers/consent_console/requirements.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --universal --python-version 3.13 pyproject.toml requirements/dev.in -o requirements/dev.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --universal --python-version 3.13 requirements/ministack.in -o requirements/ministack.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --universal --python-version 3.13 requirements/audit.in -o requirements/audit.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --universal --python-version 3.13 requirements/scan.in -o requirements/scan.txt

# --- Running ----------------------------------------------------------------------------------------------------------

.PHONY: run
run: install ## Start everything on this machine (SHOP_PORT=8080, API_PORT=3000, ADMIN_PORT=3001, CONSOLE_PORT=3002, SIGN_IN_PORT=3003, AWS_PORT=4566; PLACE=US-CA: where visitors are); Ctrl-C stops it
	@exec $(PYTHON) -m local

.PHONY: aws
aws: install ## Start the embedded AWS alone, for `sam local` (AWS_HOST=127.0.0.1, AWS_PORT=4566)
	@exec $(PYTHON) -m local --aws-only

.PHONY: lookup
lookup: install ## Look a consent up on the local stack: make lookup CONSENT_ID=…
	@exec $(BIN)/consent-ops --local lookup '$(or $(CONSENT_ID),$(error CONSENT_ID is missing: make lookup CONSENT_ID=…))'

.PHONY: clean
clean: ## Remove everything that make installed or built
	rm -rf .venv .venv-uv .venv-ministack .venv-audit .venv-scan .aws-sam .cache build .pytest_cache .mypy_cache .ruff_cache .hypothesis sdk/node_modules $(WORLD)

# --- Building and deploying -------------------------------------------------------------------------------------------

ARCH ?= arm64
ENV ?= dev

.PHONY: build
build: install ## Build functions and layers (ARCH=x86_64 for the other processor)
	sam build --parameter-overrides Arch=$(ARCH)

.PHONY: sdk
sdk: sdk/node_modules/.installed ## Bundle the browser SDK into the files of functions/widget_sdk, which are committed
	@cd sdk && npm run --silent build

.PHONY: sdk-release
sdk-release: sdk ## Keep this build of the SDK for ever, and print its lines for the changelog
	@cd sdk && node release.js

.PHONY: vendor
vendor: sdk/node_modules/.installed ## Copy htmx and the downloads for owners into the console's assets, which are committed
	@cd sdk && node vendor.js

.PHONY: package
package: sdk/node_modules/.installed ## Make the npm package for applications, build/consent-platform-VERSION.tgz
	@cd sdk && node pack.js

.PHONY: schema
schema: install ## Generate docs/definition.schema.json, the JSON Schema of a definition, which is committed
	@PYTHONPATH=layers/consent_core $(PYTHON) layers/consent_core/definition_schema.py

.PHONY: validate
validate: install ## Check the templates: SAM's transform and cfn-lint
	sam validate --lint
	cfn-lint template.yaml monitoring.yaml
	cfn-lint --regions us-east-1 -- edge-protection.yaml

# SAM refuses `Name=`, which empties a parameter; it takes `Name=""`.
OVERRIDES = $(if $(PARAMETERS),--parameter-overrides $(patsubst %=,%=\"\",$(PARAMETERS)))

# An environment's own processor counts here, not ARCH: what is built is what its stack runs on.
.PHONY: deploy
deploy: install ## Build and deploy (ENV=dev or prod; PARAMETERS="Name=value ..." changes the stack's; ARGS: sam deploy's own)
	sam build --config-env $(ENV)
	@sam deploy --config-env $(ENV) $(OVERRIDES) $(ARGS)

.PHONY: adopt
adopt: install ## Prepare a new stack to adopt existing data (WIDGETS_TABLE=… CONSENTS_TABLE=… ARCHIVE_BUCKET=…: docs/deploy.md)
	@$(PYTHON) -m local.adoption --widgets-table '$(WIDGETS_TABLE)' --consents-table '$(CONSENTS_TABLE)' --archive-bucket '$(ARCHIVE_BUCKET)'

# Its region is us-east-1, whatever the platform's is.
.PHONY: deploy-edge
deploy-edge: install ## Deploy the web ACL for CloudFront (ENV=dev or prod; PARAMETERS="Name=value ...")
	@sam deploy --config-env edge-$(ENV) $(OVERRIDES)

.PHONY: smoke
smoke: install ## Check a running stack from outside (ENV=dev or prod; ENV=local after `make run`; ARGS="--profile …")
	@exec $(PYTHON) -m smoke $(ENV) $(ARGS)

# --- Quality ----------------------------------------------------------------------------------------------------------

.PHONY: format
format: install sdk/node_modules/.installed ## Format and auto-fix the code
	ruff format .
	ruff check --fix .
	@cd sdk && npm run --silent format

.PHONY: check
check: install ## Lint, type-check and validate everything
	ruff format --check .
	ruff check .
	mypy
	@$(MAKE) --no-print-directory validate scan sdk-check

.PHONY: scan
scan: install .venv-scan/.installed ## Look for secrets in all files, and for risks in the templates; exceptions are in scans/exceptions.toml
	@.venv-scan/bin/python -m scans.secrets
	@.venv-scan/bin/python -m scans.templates

.PHONY: vulnerabilities
vulnerabilities: install .venv-scan/.installed ## Report known vulnerabilities of locked packages
	@.venv-scan/bin/python -m scans.vulnerabilities

.PHONY: sbom
sbom: install ## Write the bill of materials of what ships, in CycloneDX, to build/sbom.cdx.json (FILE=…)
	@$(PYTHON) -m scans.sbom $(or $(FILE),build/sbom.cdx.json)

.PHONY: licences
licences: install ## Write docs/licences.md, the licences of the packages that ship
	@$(PYTHON) -m scans.licences

.PHONY: sdk-check
sdk-check: sdk/node_modules/.installed ## Lint and test the browser SDK: style, types, unit tests, size, and that it is built from its sources
	@cd sdk && npm run --silent lint && npm run --silent types && npm test --silent

.PHONY: chromium
chromium: ## Find Chromium, which the browser tests need, and fonts, or install them (Debian, as root or with sudo)
	@tests/browser/find-chromium
	@tests/browser/find-fonts

.PHONY: engines
engines: chromium ## Find Firefox and WebKit, too, for the journeys in three engines, or install them (Debian, as root or with sudo)
	@tests/browser/find-firefox
	@tests/browser/find-webkit

.PHONY: nginx
nginx: ## Find nginx, which stands in for CloudFront in a test, or install it (Debian, as root or with sudo)
	@tests/integration/find-nginx

.PHONY: njs
njs: ## Find njs, a JavaScript engine as plain as CloudFront's, or install it (Debian, as root or with sudo)
	@tests/template/find-njs

# Tests wait for browsers and engines as often as they compute: one process more than there are cores.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: test
test: install .venv-ministack/.installed sdk/node_modules/.installed $(if $(filter-out browser,$(ONLY)),,engines $(WORLD)/.installed) $(if $(filter-out integration,$(ONLY)),,nginx) $(if $(filter-out template,$(ONLY)),,njs) ## Run all tests (ONLY=unit: one tier; ARGS="-k origin": pytest's own options; WORKERS=3)
	$(if $(ONLY)$(ARGS),,@cd sdk && npm test --silent)
	pytest --numprocesses $(WORKERS) --dist loadscope $(FULL) $(ARGS) $(if $(ONLY),tests/$(ONLY))

# What `make test` leaves out are cases of large matrices and random examples: it runs a fixed sample (tests/matrices.py).
.PHONY: test-all
test-all: FULL := --full
test-all: export CHROMIUM ?= chromium # the whole browser, where there is one
test-all: test ## Run all tests with every case of their matrices, without a time limit (ONLY, ARGS, WORKERS as above)

# A number makes one schedule, always the same: SEED=17 COUNT=1 follows number 17 again.
.PHONY: faults
faults: install ## Follow 20,000 generated schedules of faults of the store (COUNT=…; SEED=<number> COUNT=1 replays one)
	@PYTHONPATH=layers/consent_core $(PYTHON) -m tests.fault_schedules $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

.PHONY: soak
soak: install ## Keep the local stack busy for 20 minutes with a failing store, and count every proof (SECONDS=1200)
	@PYTHONPATH=layers/consent_core $(PYTHON) -m tests.soak $(if $(SECONDS),--seconds $(SECONDS))

.PHONY: screenshots
screenshots: install chromium ## Retake the pictures in docs/images
	@$(PYTHON) -m tests.browser.screenshots

.PHONY: transcripts
transcripts: install chromium ## Write anew what a screen reader gets of the window; read the difference
	@$(PYTHON) -m pytest --write-transcripts -q tests/browser/test_transcripts.py

.PHONY: bench
bench: install .venv-ministack/.installed $(if $(ONLY),,chromium) ## Measure everything beside a floor or a rival, in half an hour (ONLY=startup,warm: some parts; ROUNDS=5)
	@PYTHONPATH=layers/consent_core $(PYTHON) -m bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: bench-tasks
bench-tasks: install chromium ## Measure the window's longest task on a processor that is four times slower
	@pytest -q -s tests/browser/bench_tasks.py

# PYTHONPATH: the layer's package, which pytest and the functions find by themselves.
.PHONY: audit
audit: install .venv-audit/.installed chromium ## Run third-party cookie scanners against our pages
	@PYTHONPATH=layers/consent_core $(PYTHON) -m bench.audit
