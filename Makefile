# Every target sets up .venv by itself; the second time that costs nothing.
#
# Variables, all on the command line (make demo SCALE=smoke):
#   PYTHON       interpreter to build .venv with (default: python3, or the first of 3.11 to 3.14)
#   SCALE        smoke, laptop or paper, for `make figures` and `make reproduction`
#   TORCH        what to install, and TORCH_INDEX where from. The default is the CPU build;
#                for an NVIDIA GPU, with a CUDA version that pytorch.org lists for this torch:
#                make demo TORCH_INDEX=https://download.pytorch.org/whl/cu126
#                (with .venv already there: make clean-venv demo TORCH_INDEX=...)
#   PYTEST_ARGS  arguments of pytest, for `make test`
#   LOCK_ARGS    --upgrade, for `make lock`
#   FUZZ         changed files that `make fuzz` tries, and FUZZ_SEED
#   KILLS        how many runs `make kills` kills
#   BENCH_ARGS   names of benchmarks, or --against FILE of an earlier run, for `make bench`

SHELL := /bin/bash

PYTHON ?=
SCALE ?= laptop
TORCH ?= torch==2.13.0
LATEST_TORCH ?= torch
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
FUZZ ?= 10000
FUZZ_SEED ?= 1
PYTEST_ARGS ?= -n auto --dist worksteal
LOCK_ARGS ?=
KILLS ?= 100
LAB_ARGS ?=
PANELS_ARGS ?=
BENCH_ARGS ?=

VENV ?= .venv
BIN := $(VENV)/bin
RUN_NOTEBOOK := $(BIN)/python -m renaissance_kit run --force

export PYTHON TORCH TORCH_INDEX VENV LATEST

# Another torch asked for than the one in .venv: say so rather than ignore it.
ifneq ($(filter-out file,$(origin TORCH) $(origin TORCH_INDEX)),)
ifeq ($(filter clean-venv,$(MAKECMDGOALS)),)
INSTALLED := $(shell cat $(VENV)/torch-choice 2>/dev/null)
ifneq ($(filter-out $(strip $(TORCH) $(TORCH_INDEX)),$(INSTALLED)),)
$(error $(VENV) was set up with "$(INSTALLED)"; run make clean-venv first)
endif
endif
endif

.DEFAULT_GOAL := help
.PHONY: help demo figures reproduction docs lab panels test test-fast fuzz kills latest lock lint bench sync clean clean-venv

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

# Two sets of packages, both locked: what the notebooks need, and what the tests need on top.
$(VENV)/.ready: pyproject.toml locks/installers.txt locks/notebooks.txt tools/setup_venv.sh
	@tools/setup_venv.sh notebooks
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready locks/tests.txt
	@tools/setup_venv.sh notebooks tests
	@touch $@

demo: $(VENV)/.ready ## train a generator on E. coli in about five minutes: build/demo/
	$(RUN_NOTEBOOK) 02_generator_training --scale demo --out build/demo
	$(BIN)/python -m renaissance_kit gallery build/demo

figures: $(VENV)/.ready ## run all notebooks at SCALE=smoke|laptop|paper: build/figures/index.html
	$(RUN_NOTEBOOK) all --scale $(SCALE) --out build/figures

# The notebooks that take `states`; 01 and 05 look at both kinds by themselves.
AT_STATES := 02_generator_training 03_robustness 04_bioreactor 06_km_aconitase 07_km_tca \
    08_km_global_shifts 09_routes_compared 11_control_and_design

reproduction: figures ## run them at the study's states as well, and write docs/reproduction.md
	for notebook in $(AT_STATES); do \
	    $(RUN_NOTEBOOK) $$notebook --scale $(SCALE) -p states published \
	        --out build/published/$$notebook || exit 1; done
	$(BIN)/python tools/write_reproduction.py build/figures build/published

docs: $(VENV)/.ready ## build the documentation, without a network: build/docs/index.html
	$(BIN)/python tools/build_docs.py build/docs

# Opens the first notebook; the scripts beside the notebooks are not listed and nothing is asked.
lab: $(VENV)/.ready ## open the notebooks in JupyterLab
	JUPYTER_CONFIG_PATH="$(CURDIR)/tools/jupyter/config" $(BIN)/jupyter lab \
	    --ServerApp.root_dir="$(CURDIR)" --LabApp.news_url=None \
	    --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb \
	    --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(LAB_ARGS)

# A panel runs Python: without the token of the printed address anyone on this machine could use it.
panels: $(VENV)/.ready ## serve the panels as pages, without notebooks around them
	JUPYTER_PATH="$(CURDIR)/tools/jupyter" $(BIN)/voila notebooks/panels --template=offline \
	    --token $(PANELS_ARGS)

lint: $(VENV)/.ready ## check style, types and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/check_notebooks.py

# Several test processes at a time: one thread each for BLAS and OpenMP.
test: $(VENV)/.ready-test lint ## lint, then all tests, with the notebooks at smoke scale
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

# What a contributor wants to know first: structure, tables, laws, kinetics, training, simulation.
# Figures, panels, studies, pages and documents belong to the whole.
NOT_FAST := figures panels studies pages gallery docs docstrings documents notebooks browser install \
    packaging workshop parameters second_organism compiled

test-fast: $(VENV)/.ready-test ## style, types and the tests that answer within two minutes
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest \
	    $(PYTEST_ARGS) -q -m "not slow" $(foreach name,$(NOT_FAST),--ignore-glob='tests/test_$(name)*')

kills: $(VENV)/.ready-test ## kill KILLS=100 runs, of every kind and at any moment, and resume them
	KILLS=$(KILLS) OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	    $(BIN)/python -m pytest tests/test_kills.py -q

fuzz: $(VENV)/.ready-test ## read FUZZ=10000 damaged files; what is read wrongly is kept in build/fuzz
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m tests.fuzzing \
	    --count $(FUZZ) --seed $(FUZZ_SEED)

latest: ## the tests with the newest packages that pyproject.toml allows, in build/latest
	rm -rf build/latest
	$(MAKE) test VENV=build/latest LATEST=yes TORCH="$(LATEST_TORCH)"

lock: $(VENV)/.ready ## write locks/ anew from pyproject.toml; LOCK_ARGS=--upgrade for newer releases
	$(BIN)/python tools/lock.py $(LOCK_ARGS)

bench: $(VENV)/.ready ## measure speed, ratios side by side: build/bench/DATE.json and .md (BENCH_ARGS)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

sync: $(VENV)/.ready ## write notebooks/*.ipynb from notebooks/*.py
	$(BIN)/python tools/sync_notebooks.py

clean: ## remove results and caches
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

clean-venv: ## remove the environment
	rm -rf $(VENV)
