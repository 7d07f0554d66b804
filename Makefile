# songpop: `make help` lists the commands; the first one creates .venv from the lock.
SHELL := /bin/bash
.DEFAULT_GOAL := setup
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
# File names may have spaces and quotes, so none goes through a function of make that knows words.
quoted = '$(subst ','\'',$(1))'
DATA_ARGS := $(if $(DATA),data=songs data.path=$(call quoted,$(DATA)))
STAMP := $(VENV)/.complete

.PHONY: setup help sweep train compare promote rollback history reproduce predict serve report table doctor ui dashboard pictures reference test check bench bench-quality survive lint lock lock-quality clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  DATA=FILE is short for data=songs data.path=FILE; ARGS="…" is passed on.'

setup: $(STAMP)  ## create .venv from the lock, once

# The stamp is touched last: an interrupted set-up is done again, a finished one never.
$(STAMP): requirements.lock bootstrap.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'songpop needs Python 3.11, 3.12 or 3.13 on the PATH; or name one: make PYTHON=/path/to/python3.11' >&2; exit 2; }
	@echo "songpop: creating $(VENV) (once, about a minute)" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r bootstrap.lock
	@UV_LINK_MODE=copy $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import songpop.engines.kernels'  # compiles them, which the first sweep would do otherwise
	@touch $@

sweep: setup  ## search for the best model, or go on with a search of the same name
	@$(BIN)/songpop sweep $(DATA_ARGS) $(ARGS)

train: setup  ## train fixed models over several seeds: ARGS="experiment=published"
	@$(BIN)/songpop train $(DATA_ARGS) $(ARGS)

compare: setup  ## a table of sweeps and trainings; ARGS="sweep=[A,B]": sweeps side by side
	@$(BIN)/songpop compare $(ARGS)

promote: setup  ## make the newest sweep's best model the champion
	@$(BIN)/songpop promote $(ARGS)

rollback: setup  ## give the alias back to the champion before
	@$(BIN)/songpop rollback $(ARGS)

history: setup  ## who was champion when
	@$(BIN)/songpop history $(ARGS)

reproduce: setup  ## train tracked trials again from their records, and compare: ARGS="run=ID"
	@$(BIN)/songpop reproduce $(ARGS)

predict: setup  ## rank the songs of DATA=FILE (or of the built-in table) into OUT=FILE (scored.csv)
	@$(BIN)/songpop predict input=$(call quoted,$(or $(DATA),sample)) output=$(call quoted,$(or $(OUT),scored.csv)) $(ARGS)

serve: setup  ## the page that ranks a dropped file: ARGS="port=8000"
	@$(BIN)/songpop serve $(ARGS)

report: setup  ## a sweep as one page with its figures: ARGS="sweep=NAME"
	@$(BIN)/songpop report $(ARGS)

table: setup  ## what is in a table, what is wrong with it, what leaks
	@$(BIN)/songpop check $(DATA_ARGS) $(ARGS)

doctor: setup  ## whether study, tracking and registry agree; mends what can be mended
	@$(BIN)/songpop doctor $(ARGS)

ui: setup  ## the MLflow UI on the project's store
	@$(BIN)/songpop ui $(ARGS)

dashboard: setup  ## Optuna's own pages on every study of the project
	@$(BIN)/songpop dashboard $(ARGS)

pictures: setup  ## take the pictures of docs/ anew: needs a Chromium, takes minutes
	@$(BIN)/python docs/images/mlflow_pages.py && $(BIN)/python docs/images/pages.py

test: setup  ## the fast tests
	@$(BIN)/pytest -n 2 --dist loadfile -m 'not slow and not survive' $(ARGS)

reference: setup  ## write docs/reference anew from the code
	@$(BIN)/python docs/reference/generate.py

lint: setup  ## style, types, layers
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

check: lint test  ## everything that CI runs: lint, the fast tests, the slow tests
	@$(BIN)/pytest -n 3 --dist worksteal -m 'slow and not survive' --durations 10  # a quarter of their time is waiting

survive: setup  ## kill, fill and cut off everything that can be (docs/reliability.md; a quarter of an hour)
	@$(BIN)/pytest -n 2 --dist worksteal --durations 10 $(ARGS) tests/survival tests/tracking/test_tracking_moves.py tests/app/test_app_crash.py

bench: setup  ## songpop beside its peers, and how it scales (a quarter of an hour; SONGPOP_DATA=FILE for a real table)
	@for name in tracking search engines scale predict; do $(BIN)/python benchmarks/bench_$$name.py || exit; done

# The peers' own environment. What it holds is made in the order of benchmarks/quality/README.md.
QUALITY := benchmarks/quality
QUALITY_BIN := $(QUALITY)/.venv/bin
QUALITY_STAMP := $(QUALITY)/.venv/.complete
METHODS ?= defaults
SPLITS ?= stratified:0-4

$(QUALITY_STAMP): $(QUALITY)/requirements.in $(QUALITY)/requirements.lock | setup
	@echo "songpop: creating $(QUALITY)/.venv (once, a few minutes)" >&2
	@$(PYTHON) -m venv --clear $(QUALITY)/.venv
	@UV_LINK_MODE=copy $(BIN)/uv pip install --quiet --python $(QUALITY_BIN)/python --no-deps --require-hashes -r $(QUALITY)/requirements.lock
	@$(QUALITY_BIN)/python -m pip install --no-deps --quiet --disable-pip-version-check $$(grep -oE '^torch==[0-9.]+' $(QUALITY)/requirements.in)
	@touch $@

bench-quality: setup $(QUALITY_STAMP)  ## songpop's quality beside its peers: METHODS="defaults tuned" SPLITS="stratified:0-4"
	@$(if $(METHODS),$(BIN)/python $(QUALITY)/export.py --splits $(SPLITS) && $(QUALITY_BIN)/python $(QUALITY)/run_peers.py $(METHODS) --splits $(SPLITS))
	@$(BIN)/python benchmarks/bench_quality.py $(ARGS)

# torch is left to the machine (a CPU build where there is one), and with it what only CUDA needs.
UNLOCKED := torch torchvision triton cuda-bindings cuda-pathfinder cuda-toolkit $(addprefix nvidia-,cublas cuda-cupti cuda-nvrtc \
  cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu12 nccl-cu13 nvjitlink nvshmem-cu13 nvtx)

lock-quality: setup  ## resolve the newest versions that benchmarks/quality/requirements.in allows
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(addprefix --no-emit-package ,$(UNLOCKED)) $(QUALITY)/requirements.in --upgrade -o $(QUALITY)/requirements.lock

lock: setup  ## resolve the newest versions that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml --upgrade -o requirements.lock
	@grep -A 60 '^uv==' requirements.lock | awk 'NR > 1 && /^[a-z]/ {exit} {print}' > bootstrap.lock

clean:  ## remove .venv and caches, never mlruns
	@rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .pytest_cache .import_linter_cache
