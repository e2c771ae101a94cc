# Needs python3 (3.12 or newer), git and GNU make; no activated environment.
#   make setup       the locked environment in .venv, nothing else
#   make book        execute every chapter, write _build/html/index.html
#   make serve       show the book at http://localhost:8000
#   make pdf         the whole book as _build/incontext.pdf (needs Chromium)
#   make test        what a change can break, some nine minutes on two cores
#   make test-slow   the rest: the whole book in Chromium, clusters, long runs of faults
#   make lint        format, rules and types of the source
#   make check       lint, both kinds of tests, and the book
#   make reproduce   retrain everything: PRESET=laptop (default) or PRESET=paper
#   make bench       time and memory, as tables and in benchmarks/results/
#   make audit       known vulnerabilities, citation file, RO-Crate; needs a network
#   make lock        resolve the dependencies again
#   make clean       remove everything that was built, but not .venv and data/
#   make help        this list

SHELL := /bin/sh
.DEFAULT_GOAL := book
.PHONY: setup book serve pdf test test-slow lint check reproduce bench audit lock clean help

BIN := .venv/bin
PRESET ?= laptop
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --quiet

setup:
	@python=$$(sh workflow/find_python.sh) && "$$python" workflow/setup_environment.py

book: setup
	@echo "book: executing the chapters and rendering the pages"
	@$(BIN)/python workflow/make_book.py

serve: book
	@$(BIN)/python -m http.server --bind localhost --directory _build/html 8000

pdf: book
	@echo "pdf: printing every page"
	@$(BIN)/python workflow/make_pdf.py

test: setup
	@echo "test: running what a change can break, on $(WORKERS) processes"
	@$(PYTEST) -m "not slow" $(TESTS)

test-slow: setup
	@echo "test: running the long rest, on $(WORKERS) processes"
	@$(PYTEST) -m slow $(TESTS)

lint: setup
	@echo "lint: format, rules, types"
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pyright --level error

check: lint test test-slow book

reproduce: setup
	@echo "reproduce: retraining every experiment at preset $(PRESET), into _build/reproduce/$(PRESET)"
	@$(BIN)/python workflow/reproduce.py --preset "$(PRESET)"

bench: setup
	@echo "bench: measuring, see benchmarks/results/"
	@$(BIN)/python -m benchmarks

audit: setup
	@echo "audit: looking up known vulnerabilities, checking CITATION.cff and the RO-Crate"
	@$(BIN)/python workflow/audit.py

lock: setup
	@echo "lock: resolving the dependencies for Python 3.12 and newer, on every platform"
	@$(BIN)/python workflow/lock.py

clean:
	@echo "clean: removing _build and caches"
	@rm -rf _build .pytest_cache .ruff_cache .hypothesis .snakemake

help:
	@sed -n 's/^#   //p' Makefile
