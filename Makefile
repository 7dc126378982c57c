# Each target does its own set-up. The work is in scripts/, one purpose each; ARGS="…" is handed on.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check deny end2end peers bench release setup site clean-cache

ARGS ?=
WHAT ?=

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## Builds and starts the demo: simulated AWS, harvest and portal (ARGS="--listen 127.0.0.1:9000")
	@scripts/demo.sh $(ARGS)

test: ## Runs every check and test, browser tests included
	@scripts/test.sh

check: ## Runs the fast checks only: formatting and lints of both halves
	@scripts/setup.sh && scripts/check.sh

deny: ## Checks where crates come from, their licences and what is known against them (cargo-deny; takes minutes at first)
	@scripts/deny.sh $(ARGS)

end2end: ## Runs the browser tests only (ARGS="tests/overview.spec.ts --project=no-js")
	@scripts/setup.sh tests && scripts/site.sh && cargo build --package muster-server && scripts/end2end.sh $(ARGS)

peers: ## Holds the simulated AWS against boto3's own models, and Muster against moto (needs Python 3 with venv)
	@scripts/setup.sh && scripts/python.sh && cargo build --package muster-server && scripts/peers.sh

bench: ## Runs the benchmarks (WHAT=demo|calls|write|peer|pace|large|history for one; see server/benches/README.md)
	@scripts/bench.sh $(WHAT) $(ARGS)

release: ## Builds the release with DuckDB compiled in (half an hour at first)
	@scripts/release.sh

setup: ## Sets up for building and testing, and builds nothing of the project
	@scripts/setup.sh tests

site: ## Builds the browser's half only, and says where it is
	@scripts/setup.sh && scripts/site.sh

clean-cache: ## Deletes the cache folder: tools, build output and downloads of every clone
	@scripts/clean-cache.sh
