# make demo, make test: each sets up all it needs in .venv; see CONTRIBUTING.md for the rest.
PYTHON ?= python3
PAIR ?= onedl
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed-$(PAIR)

.PHONY: demo test lint lint-js docs unit coverage format install clean

demo: $(INSTALLED)
	$(BIN)/mmtal run demo --data-path data/hapt

test: lint unit

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/mypy

lint-js:  # needs node
	npx --yes @biomejs/biome@2.6.8 lint

docs: $(INSTALLED)
	$(BIN)/python -m pip install -qq -r requirements/docs.txt
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict -q -d $(VENV)/site

# Tests marked slow are left to CI: .venv/bin/pytest -m slow
unit: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 -m "not slow" $(ARGS)

coverage: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 -m "not slow" --cov --cov-report=term:skip-covered

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(INSTALLED)

# OpenCV comes last: mmcv requires opencv-python, whose cv2 needs libGL and lies where
# opencv-python-headless has put its own.
$(INSTALLED): setup.py pyproject.toml $(wildcard requirements/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit("mmtal needs Python 3.10 or newer: make PYTHON=python3.11" \
		if sys.version_info < (3, 10) else 0)'
	@echo "== installing mmtal with the pair '$(PAIR)' into $(VENV): some minutes the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade pip
ifeq ($(PAIR),upstream)
	@$(BIN)/python -m pip install -qq -e '.[tests]'
	@$(BIN)/python -m pip uninstall -qq -y onedl-mmengine
	@$(BIN)/python -m pip install -qq -r requirements/upstream.txt
else
	@$(BIN)/python -m pip install -qq -e '.[mmcv,tests]'
endif
	@$(BIN)/python -m pip uninstall -qq -y opencv-python
	@$(BIN)/python -m pip install -qq --no-deps --force-reinstall opencv-python-headless
	@touch $@

clean:
	rm -rf .venv .venv-* build dist *.egg-info work_dirs .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
