# Every target sets up .venv by itself; the second time that costs nothing.
#
# Variables, all on the command line (make demo SCALE=smoke):
#   PYTHON       interpreter to build .venv with (default: python3, or the first of 3.11 to 3.13)
#   SCALE        smoke, laptop or paper, for `make figures` and `make reproduction`
#   TORCH        what to install, and TORCH_INDEX where from. The default is the CPU build;
#                for an NVIDIA GPU, with a CUDA version that pytorch.org lists for this torch:
#                make demo TORCH_INDEX=https://download.pytorch.org/whl/cu126
#                (with .venv already there: make clean-venv demo TORCH_INDEX=...)
#   PYTEST_ARGS  arguments of pytest, for `make test`

SHELL := /bin/bash

PYTHON ?=
SCALE ?= laptop
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PYTEST_ARGS ?= -n auto --dist worksteal
LAB_ARGS ?=
PANELS_ARGS ?=

BIN := .venv/bin
RUN_NOTEBOOK := $(BIN)/python -m renaissance_kit run

export PYTHON TORCH TORCH_INDEX

# Another torch asked for than the one in .venv: say so rather than ignore it.
ifneq ($(filter-out file,$(origin TORCH) $(origin TORCH_INDEX)),)
ifeq ($(filter clean-venv,$(MAKECMDGOALS)),)
INSTALLED := $(shell cat .venv/torch-choice 2>/dev/null)
ifneq ($(filter-out $(strip $(TORCH) $(TORCH_INDEX)),$(INSTALLED)),)
$(error .venv was set up with "$(INSTALLED)"; run make clean-venv first)
endif
endif
endif

.DEFAULT_GOAL := help
.PHONY: help demo figures reproduction docs lab panels test test-fast lint bench sync clean clean-venv

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

# Three sets of packages: what the notebooks need, and what the pages and the tests need on top.
.venv/.ready: pyproject.toml tools/setup_venv.sh
	@tools/setup_venv.sh dev,pages
	@touch $@

.venv/.ready-test: .venv/.ready
	@tools/setup_venv.sh dev,pages,docs,dask,sbml,oracles,browser
	@touch $@

.venv/.ready-docs: .venv/.ready
	@tools/setup_venv.sh dev,pages,docs
	@touch $@

demo: .venv/.ready ## train a generator on E. coli in about five minutes: build/demo/
	$(RUN_NOTEBOOK) 02_generator_training --scale demo --out build/demo
	$(BIN)/python -m renaissance_kit gallery build/demo

figures: .venv/.ready ## run all notebooks at SCALE=smoke|laptop|paper: build/figures/index.html
	$(RUN_NOTEBOOK) all --scale $(SCALE) --out build/figures

# The notebooks that take `states`; 01 and 05 look at both kinds by themselves.
AT_STATES := 02_generator_training 03_robustness 04_bioreactor 06_km_aconitase 07_km_tca \
    08_km_global_shifts 09_routes_compared

reproduction: figures ## run them at the study's states as well, and write docs/reproduction.md
	for notebook in $(AT_STATES); do \
	    $(RUN_NOTEBOOK) $$notebook --scale $(SCALE) -p states published \
	        --out build/published/$$notebook || exit 1; done
	$(BIN)/python tools/write_reproduction.py build/figures build/published

docs: .venv/.ready-docs ## build the documentation, without a network: build/docs/index.html
	$(BIN)/python tools/build_docs.py build/docs

lab: .venv/.ready ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" \
	    --LabApp.default_url=/lab/tree/notebooks --LabApp.news_url=None \
	    --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(LAB_ARGS)

panels: .venv/.ready ## serve the panels as pages, without notebooks around them
	JUPYTER_PATH="$(CURDIR)/tools/jupyter" $(BIN)/voila notebooks/panels --template=offline \
	    $(PANELS_ARGS)

lint: .venv/.ready ## check style, types and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/check_notebooks.py

# Several test processes at a time: one thread each for BLAS and OpenMP.
test: .venv/.ready-test lint ## lint, then all tests, with the notebooks at smoke scale
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

# What a contributor wants to know first: structure, tables, laws, kinetics, training, simulation.
# Figures, panels, studies, pages and documents belong to the whole.
NOT_FAST := figures panels studies pages gallery docs docstrings documents notebooks browser install \
    packaging workshop parameters second_organism compiled

test-fast: .venv/.ready-test ## style, types and the tests that answer within two minutes
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest \
	    $(PYTEST_ARGS) -q -m "not slow" $(foreach name,$(NOT_FAST),--ignore-glob='tests/test_$(name)*')

bench: .venv/.ready ## measure speed on this machine
	$(BIN)/python -m benchmarks

sync: .venv/.ready ## write notebooks/*.ipynb from notebooks/*.py
	$(BIN)/python tools/sync_notebooks.py

clean: ## remove results and caches
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

clean-venv: ## remove the environment
	rm -rf .venv
