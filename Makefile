# The front door: `make install`, `make search`, `make test`. Python 3.11 to 3.13 and make are all it needs.
#
#   make install [PYTHON=python3.12]        a virtual environment in .venv, with exactly the versions in constraints.txt
#   make search [ARGS="--trials 50"]        search the example study `digits`
#   make test [ARGS="tests/schedules -x"]   the tests
#   make check                              linters and types
#   make clean                              remove what can be made again; studies and results stay

PYTHON ?= python3 python3.13 python3.12 python3.11
ARGS ?=

VENV := .venv
STAMP := $(VENV)/.installed

# Answers nothing if this interpreter will do, and otherwise fails. Debian keeps venv in a package of its own.
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: install search test check clean

install: $(STAMP)

search: $(STAMP)
	@$(VENV)/bin/tuner search --study digits $(ARGS)

test: $(STAMP)
	@scripts/test $(ARGS)

check: $(STAMP)
	@scripts/check

clean:
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find tuner tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp comes last, so that an install that was broken off is begun again.
$(STAMP): pyproject.toml constraints.txt
	@rm -f $@
	@if ! $(VENV)/bin/python -c "$(SUITABLE); import pip" 2>/dev/null; then \
	    found=; for python in $(PYTHON); do \
	        if $$python -c "$(SUITABLE)" >/dev/null 2>&1; then found=$$python; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo "No Python 3.11 to 3.13 with the module venv among: $(PYTHON)." >&2; \
	        echo "Name one with  make install PYTHON=/path/to/python3.12  (Debian, Ubuntu: apt install python3-venv)." >&2; \
	        exit 1; \
	    fi; \
	    $$found -m venv --clear $(VENV) || exit 1; \
	fi
	@echo "Installing into $(VENV): some minutes, once."
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
	    --constraint constraints.txt --editable ".[plot,dev]"
# Without byte code an import of Keras takes three times as long. Files that do not compile are never imported.
	@$(VENV)/bin/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@
