# Each target sets up what it needs. The work is in scripts/, one file per purpose; ARGS="…" is passed to it.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo enroll-demo test check docs-check deny end2end crawl screens peers bench release setup site clean-cache

ARGS ?=
WHAT ?=
FAST ?=

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## Builds and starts the demo: simulated AWS, harvest and portal (ARGS="--listen 127.0.0.1:9000")
	@scripts/demo.sh $(ARGS)

enroll-demo: ## Enrolls a simulated instance of each provider, and finds them in the portal (root only; ARGS=--keep shows it afterwards)
	@scripts/enroll-demo.sh $(ARGS)

test: ## Runs every check and test, browser tests included
	@scripts/test.sh

check: ## Runs the fast checks only: formatting and lints of both halves
	@scripts/setup.sh && scripts/check.sh

docs-check: ## Checks the documentation: links, names, configuration, and the commands in it
	@scripts/docs-check.sh

deny: ## Checks sources, licences and advisories of dependencies (builds cargo-deny first, which takes minutes)
	@scripts/deny.sh $(ARGS)

end2end: ## Runs the browser tests only (ARGS="tests/overview.spec.ts --project=no-js")
	@scripts/setup.sh tests && scripts/site.sh && cargo build --package muster-server && scripts/end2end.sh $(ARGS)

crawl: ## Follows thousands of figures to their lists as each role, and compares the numbers
	@scripts/setup.sh tests && scripts/site.sh && cargo build --package muster-server && MUSTER_CRAWL=whole scripts/end2end.sh tests/figures.spec.ts --project=no-js

screens: ## Takes the pictures in docs/screens and writes their index
	@scripts/setup.sh tests && scripts/site.sh && cargo build --package muster-server && scripts/end2end.sh --config screens.config.ts

peers: ## Checks the simulated AWS against boto3's own models, and Muster against moto (needs Python 3 with venv)
	@scripts/setup.sh && scripts/python.sh && cargo build --package muster-server && scripts/peers.sh

bench: ## Runs the benchmarks (WHAT=demo|calls|write|peer|pace|large|history|pages for one; see server/benches/README.md)
	@scripts/bench.sh $(WHAT) $(ARGS)

release: ## Builds and packs the release into dist/ (half an hour the first time; FAST=1 with the prebuilt DuckDB, minutes)
	@FAST="$(FAST)" scripts/release.sh

setup: ## Installs what building and testing need; builds nothing of the project
	@scripts/setup.sh tests

site: ## Builds the browser files only, and prints where they are
	@scripts/setup.sh && scripts/site.sh

clean-cache: ## Deletes tools, build output and downloads of all clones from the cache folder
	@scripts/clean-cache.sh
