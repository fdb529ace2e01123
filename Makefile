PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Kernels are cached under a name made of their own text: an edited helper can't bring
# back an old result (numba sees changes of the caching file only).
KERNELS := $(shell cat dedupe/kernels/*.py | cksum | cut -d' ' -f1)
export NUMBA_CACHE_DIR := $(CURDIR)/.numba_cache/$(KERNELS)
SHARED_TESTS := -n 2 --dist loadgroup

.PHONY: demo test browser test-plain slow lint bench bench-phones bench-strings bench-match messages reference audit-table constraints wheel-check clean

demo: $(STAMP)  ## Make a sample account, scan it, show the audit and where the report is
	$(BIN)/crmclean demo -o demo

test: $(STAMP) browser  ## The whole suite, kernels compiled
	$(BIN)/python -m pytest $(SHARED_TESTS) -m "not slow" $(ARGS)

browser:  ## Chromium for the tests of the review page, where the system lets us install it
	@sh tests/browser/install.sh

test-plain: $(STAMP)  ## The kernels once more as plain Python, where coverage sees them
	NUMBA_DISABLE_JIT=1 HYPOTHESIS_PROFILE=all $(BIN)/python -m pytest -q tests/unit/kernels -m "not slow" --cov=dedupe.kernels --cov-branch --cov-fail-under=100

slow: $(STAMP)  ## Long soaks and fuzzing
	HYPOTHESIS_PROFILE=all $(BIN)/python -m pytest $(SHARED_TESTS) -m slow $(ARGS)

lint: $(STAMP)  ## Format, lint, types, layers, catalogue
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## Times of the pipeline by size, and of its stages
	$(BIN)/python -m pytest bench --benchmark-enable --benchmark-only -p no:xdist $(ARGS)

bench-phones: $(STAMP)  ## Numbers a second, ours and the rivals', in one run
	test -d .venv-rivals || $(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --disable-pip-version-check rphonenumbers==0.1.0
	$(BIN)/python bench/phones.py --rivals .venv-rivals/bin/python

bench-strings: $(STAMP)  ## String measures and levels, ours and rapidfuzz's, in one run
	test -d .venv-rivals || $(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --disable-pip-version-check rapidfuzz==3.14.6 numpy
	$(BIN)/python bench/strings.py --rivals .venv-rivals/bin/python $(ARGS)

bench-match: $(STAMP)  ## Accuracy and speed of the match, ours and Splink's, in one run
	test -d .venv-splink || $(PYTHON) -m venv .venv-splink
	.venv-splink/bin/python -m pip install --quiet --disable-pip-version-check splink==5.0.0 duckdb==2.0.0
	$(BIN)/python bench/match.py --rivals .venv-splink/bin/python $(ARGS)

messages: $(STAMP)  ## Bring the Russian catalogue up to date with the texts in the code
	$(BIN)/python tests/catalogue.py update

reference: $(STAMP)  ## Write docs/cli.md from the help pages
	$(BIN)/python tests/cli_reference.py > docs/cli.md

audit-table: $(STAMP)  ## Write docs/audit.md: every statement of an audit, its checks and their tests
	$(BIN)/python tests/audit_table.py

constraints: $(STAMP)  ## Write the installed versions down as the tested ones
	{ echo "# The versions that CI tests. Refresh: make constraints"; \
	  $(BIN)/python -m pip freeze --exclude crmclean --exclude pip | sort -f; } > constraints.txt

wheel-check: $(STAMP)  ## Build the wheel, install it into a clean environment, run it from elsewhere
	PYTHON=$(PYTHON) sh tests/wheel_check.sh

clean:
	rm -rf $(VENV) demo dist .numba_cache .mypy_cache .ruff_cache .pytest_cache .benchmarks .hypothesis

$(STAMP): pyproject.toml constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(STAMP)
