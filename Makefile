# Each target wraps one command, and scripts/setup installs what it needs. Needs Python 3.11 to 3.13; the tests need Node too.
PYTHON ?= python3
ENV ?= dev
OUT ?= out/demo
# Recipes read these from the environment, quoted, so that spaces and dollars in a file name survive.
export PYTHON SONG OUT ENV PARAMETERS MODELS FROM LYRICS_MODEL CHROMIUM UPGRADE CHAOS
# Byte code: else each process of a test run compiles our code again.
export PYTHONDONTWRITEBYTECODE :=
# The SAM CLI would report each run to its maker, and keep notes in the home folder.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/.cache/sam
# Weights that somebody has fetched must not change what the tests prove.
test test-unit test-models: export MODEL_DIR := $(CURDIR)/.cache/no-models

BIN := .venv/bin
SAM := .venv-tools/bin/sam
MODEL_PYTHON := env PYTHONPATH=functions .venv-models/bin/python
MODEL_TESTS = $(wildcard tests/ml/*/test_demucs*.py tests/training/test_*.py)
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' Makefile)
help: ## this list
	@echo "usage: make <target>"
	@awk -F':.*## ' '/^# ----/ {print "\n" substr($$0, 8)} /^[a-z-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' Makefile

# ---- Use it
demo: need-demo need-lyrics ## take a song through the whole stack: stems and lyrics in OUT (SONG=my.mp3 OUT=folder LYRICS_MODEL=none)
	@$(BIN)/python -m cli demo $${SONG:+"--song=$$SONG"} --out "$$OUT"
up: need-demo need-lyrics ## start the local stack and its web page until Ctrl-C
	@$(MAKE) --silent web-build || echo "up: there will be no web page (see above); the rest starts"; $(BIN)/python -m cli up
doctor: need-demo ## check this machine, and name the template properties that do nothing locally
	@$(BIN)/python -m cli doctor
models: need-models ## install torch, Demucs, Whisper and their weights (MODELS="htdemucs base" FROM=folder)
	@$(BIN)/python -m cli models $$MODELS $${FROM:+"--from=$$FROM"}
reset: need-demo ; @$(BIN)/python -m cli reset ## delete the local library, after asking
docs: need-demo ## show the API reference on 127.0.0.1 until Ctrl-C
	@$(BIN)/python -m cli docs

# ---- Test it
test: need-dev need-security need-tools need-newman need-web ## run all checks and tests
	@$(MAKE) --jobs=2 --output-sync types web-unit web-check security-tools templates imports lint
	@echo "test: three groups at once, the last one shown as it runs: in a browser; without a stack; on a local stack"
	@scripts/side-by-side "$(MAKE) test-browser" "$(MAKE) test-models && $(BIN)/python -m pytest -m 'not stack'" "$(MAKE) browser && $(BIN)/python -m pytest -m stack"
test-unit: need-dev ## run the tests that need neither a stack nor a whole song (two minutes on two cores)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not stack and not slow"
test-models: need-dev ## test the engines that need torch, with small random weights
	@if scripts/setup model-tests; then $(MODEL_PYTHON) -m pytest $(MODEL_TESTS); \
	else echo "test-models: SKIPPED: torch's CPU build or its packages cannot be installed here"; fi
test-web: web-check web-unit test-browser ## test the web app: logic, size, and a real browser
test-browser: web-build need-demo ## test the web app in a real browser on a stack of its own (TEST_WEB=lyrics runs one file)
	@scripts/test-web $(TEST_WEB)
browser: need-dev ## prove in a real browser that stems stream as docs/decisions/0003 says
	@if browser=$$(scripts/find-browser --any); then echo "test: stems streamed by a real browser ($$browser)"; \
	  $(BIN)/python -m bench.stream_proof --browser "$$browser"; else echo "browser: SKIPPED: no browser here"; fi
fuzz: need-dev need-tools ## send made-up inputs to the API (FUZZ_EXAMPLES=600 FUZZ_SEED=7)
	@$(BIN)/python -m pytest --timeout=3600 tests/e2e/test_fuzz.py
chaos: need-dev ## inject a fault at each place, and switch off each protection (CHAOS=kill CHAOS_PATIENCE=4)
	@$(BIN)/python -m tests.chaos $${CHAOS:+--only "$$CHAOS"}
security: security-tools ## scan, then 500 mutated files, parsers, WebSocket frames and 10,000 upload links
	@MUTATIONS=500 FLOOD=10000 $(BIN)/python -m pytest --timeout=3600 tests/security tests/e2e/test_frames.py
security-tools: need-dev need-security ## scan for secrets, known weaknesses and weak templates
	@$(BIN)/python -m tests.security.scanners .venv-security/bin
check-aws: need-dev ; @$(BIN)/python -m tests.check_aws ## prove what can be proved of a deployment without AWS (needs python3.12)
check: lint types imports templates asl web-check ## lint, types, import rules, templates, state machine, web app
lint: need-dev ; @$(BIN)/ruff format --check . && $(BIN)/ruff check .
types: need-dev ; @$(BIN)/mypy
imports: need-dev ; @$(BIN)/lint-imports --no-cache --no-logo
templates: need-dev ; @$(BIN)/cfn-lint
asl: need-dev ; @$(BIN)/python -m pytest tests/infra/test_state_machine.py
web-check: need-web ; @scripts/check-web
web-unit: web-build ; @cd web && node_modules/.bin/vitest run && node bundle.js dist

# ---- Measure it (figures go to bench/results/)
bench: browser ## the shortest: streaming in a browser
bench-separation: need-model-tests ## our Demucs against the demucs command line; an hour (BENCH="--seconds 20 --runs 1 --long 0")
	@nice $(MODEL_PYTHON) -m bench.separation --write $(BENCH)
bench-lyrics: need-model-tests ## the error of word times, and what the stage costs (needs espeak-ng)
	@nice $(MODEL_PYTHON) -m bench.lyrics $(BENCH)
bench-analysis: need-training need-analysis ## tempo, key, chords and melody against the truth, next to other engines (BENCH="--only ours")
	@nice $(MODEL_PYTHON) -m bench.analysis.songs && nice env PYTHONPATH=functions .venv-analysis/bin/python -m bench.analysis --again ours --write $(BENCH)
bench-web: need-demo web-build ; @BENCH=1 scripts/test-web audio.bench && node web/bundle.js web/dist bench/results/web.json ## how soon a song sounds, and what the page weighs
bench-api: need-dev ; @$(BIN)/python -m bench.api $(BENCH) ## import time of each handler, requests a second, overhead of a song
load: need-dev ; @$(BIN)/python -m bench.load ## twenty people with 119 songs, a library of 10,000, 300 connections
bench-capture: need-demo web-build ; @BENCH=1 scripts/test-web capture.bench ## how soon the recorder goes on, how exact a take and its latency are, which gaps it notices
capture-load: need-dev ; @$(BIN)/python -m bench.capture_load $(BENCH) ## twenty people record while PUTs fail and functions are killed
bench-measurement: need-dev ; @$(BIN)/python -m bench.measurement $(BENCH) ## 10,000 measurements asked for, workers killed, edits kept
bench-practice: need-demo web-build ; @$(BIN)/python -m bench.practice $(BENCH) && BENCH=1 scripts/test-web practice.bench ## two devices that answer at once, how soon a hint sounds

# ---- Change it
format: need-dev ## rewrite the code in the house style
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && { [ ! -d web/node_modules ] || npm --prefix web run --silent format; }
reference: need-dev ## rewrite the pages made from the code: openapi.json, api.html, websocket.md, who-may.md
	@$(BIN)/python -m reference
train: need-training ## train the built-in separator; hours, can be stopped (TRAIN="--songs 400")
	@$(MODEL_PYTHON) -m training all $(TRAIN)
lock: need-tools ; @scripts/lock $$UPGRADE ## bring the locks up to pyproject.toml (UPGRADE=--upgrade for newer versions)
clean: ## remove what set-up and builds made; the library, models/ and .cache/training stay
	@rm -rf .venv .venv-* .aws-sam .*_cache .hypothesis unplugd.egg-info tests/postman/node_modules web/node_modules web/dist web/test-results
	@[ ! -d .cache ] || find .cache -mindepth 1 -maxdepth 1 ! -name training -exec rm -rf {} +

# ---- Ship it
build: need-tools ## build what a deploy uploads (needs python3.12)
	@$(SAM) build
images: ## build the two task images with Docker (IMAGE_ARGS="--build-arg ENGINE=full")
	@for stage in demucs whisper; do DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --platform linux/amd64 \
	  $(IMAGE_ARGS) -f containers/$$stage/Dockerfile -t unplugd-$$stage . || exit 1; done
invoke: build need-demo ## run one function in Docker with its recorded event (FUNCTION=songs/list_songs)
	@AWS=$(BIN)/aws SAM=$(SAM) scripts/invoke "$(FUNCTION)" $(EVENT)
# In samconfig.toml dev is called default, so that a bare `sam deploy` is never prod.
deploy: build need-demo ## deploy to AWS (ENV=dev or prod, PARAMETERS="CorsOrigin=https://… AlarmEmail=…")
	@case "$$ENV" in dev) config=default;; prod) config=prod;; *) echo "ENV is dev or prod, not '$$ENV'"; exit 1;; esac; \
	$(SAM) deploy --config-env $$config $${CI:+--no-confirm-changeset} $${PARAMETERS:+--parameter-overrides Environment=$$ENV $$PARAMETERS} && \
	AWS=$(BIN)/aws scripts/check-images
deploy-web: need-demo web-build ## upload the web page, after deploy (ENV=dev or prod)
	@AWS=$(BIN)/aws scripts/deploy-web web/dist
web-build: web/dist/index.html ## build the web page into web/dist
web/dist/index.html: web/index.html web/vite.config.ts $(shell find web/src web/public -type f ! -name '*.test.*') | need-web
	@echo "build: the web app's page" && cd web && node_modules/.bin/vite build --logLevel warn
need-%:
	@scripts/setup $*
