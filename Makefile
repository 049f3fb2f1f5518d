# make run                    set up, ingest the samples, answer a question, serve the API
# make run DIGESTS=folder     the same with your own digests (ABSTRACTS=file.jsonl for the papers' own abstracts)
# make test                   set up and run the tests
# make sbom                   write the SBOM of the packages that the service runs with (CycloneDX, JSON)
# make web                    rebuild the script of the page for asking from web/ (needs Node 20.19 or newer)
# make gate                   measure our own questions; fails where retrieval or answers got worse than the baseline
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIGESTS ?= samples/digests
ABSTRACTS ?= $(if $(filter samples/digests,$(DIGESTS)),samples/abstracts.jsonl)
DATA ?= $(if $(filter samples/digests,$(DIGESTS)),.nonmun/samples,.nonmun/own)
QUESTION ?= $(if $(filter samples/digests,$(DIGESTS)),이미지를 패치로 잘라 트랜스포머에 넣는 논문은?,강화 학습으로 추론 능력을 높인 논문은?)
PORT ?= 8765
SBOM ?= .nonmun/sbom.cdx.json
ENVIRONMENT ?= .nonmun/environment
# Largest loss against the baseline that is tolerated, and floors that do not depend on the baseline. Abstention recall
# is .92 with AVX-512 VNNI and .88 without: the int8 model rounds differently, and two of 50 questions are that close.
BOUNDS := --max-loss ndcg@10=0.01 --max-loss r@10=0.02 --max-loss correct=0.02 --max-loss citation_precision=0.02 \
	--max-loss abstention_recall=0.02 --min quotes_verified=1 --min unsupported=0 --min abstention_recall=0.85

.PHONY: run test web gate lint types format lock sbom clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	$(BIN)/nonmun ingest "$(DIGESTS)" $(if $(ABSTRACTS),--abstracts "$(ABSTRACTS)") --data "$(DATA)"
	$(BIN)/nonmun ask "$(QUESTION)" --data "$(DATA)"
	$(BIN)/nonmun serve --data "$(DATA)" --port $(PORT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n auto --dist loadfile --max-worker-restart 0

web: web/node_modules/.installed
	npm --prefix web run check
	npm --prefix web run build

web/node_modules/.installed: web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@

gate: $(VENV)/.run
	rm -rf .nonmun/gate
	$(BIN)/nonmun ingest samples/digests samples/evaluation/digests --abstracts samples/abstracts.jsonl --data .nonmun/gate
	$(BIN)/nonmun ingest samples/digests --abstracts samples/evaluation/papers.jsonl --all-abstracts --data .nonmun/gate
	$(BIN)/nonmun eval run samples/evaluation --answers -k 20 --out .nonmun/gate/run --data .nonmun/gate
	$(BIN)/nonmun eval gate .nonmun/gate/run --baseline samples/evaluation/baseline $(BOUNDS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/pyright

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "nonmun needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# The package itself comes without its dependencies: the lock files have pinned them all, with hashes.
$(VENV)/.run: $(VENV)/bin/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.tools: $(VENV)/.dev requirements/tools.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/tools.txt
	@touch $@

# Nothing but the packages that the service runs with; the description of nonmun itself comes from pyproject.toml.
.nonmun/environment: requirements/run.txt
	rm -rf $@
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --require-hashes -r requirements/run.txt
	@touch $@

sbom: $(VENV)/.tools $(ENVIRONMENT)
	$(BIN)/python .ci/sbom.py "$(ENVIRONMENT)" "$(SBOM)"

lock: # needs uv
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" --extra dev pyproject.toml requirements/build.in -c requirements/run.txt -o requirements/dev.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" requirements/tools.in -c requirements/dev.txt -o requirements/tools.txt

clean:
	rm -rf $(VENV) .nonmun
