# Everything goes through here, CI included. `make` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# How many hosts of the breadth fleet and how many test machines.
HOSTS ?= 100
MACHINES ?= 2
# How many calls the contract test makes of each kind.
EXAMPLES ?= 5
# How many runs the long stories have, and the seeds of the long contract test.
RUNS ?= 500
SEEDS ?= 1 2 3
# More arguments for the test runner, `make test-pure T=selector`.
T ?=

# The rings select tests, not packages: cargo unites the features of the packages it is asked for,
# and would build half of the libraries anew for another choice.
ifneq ($(shell command -v cargo-nextest),)
run_tests := cargo nextest run --no-fail-fast
pure_in_all := --workspace --lib -E 'package(hep-core)'
process := --workspace -E 'not binary(e2e) and not (package(hep-core) and kind(lib))'
else
run_tests := cargo test --no-fail-fast
# Cargo tells libraries apart by nothing else: in `make test`, those of all crates run in ring 1.
in_folders := $(patsubst %/main.rs,%,$(wildcard crates/*/tests/*/main.rs))
in_files := $(basename $(wildcard crates/*/tests/*.rs))
suites := $(filter-out e2e,$(sort $(notdir $(in_folders) $(in_files))))
pure_in_all := --workspace --lib
around_all := fleet/with-postgres
process := --workspace --lib --bins $(addprefix --test ,$(suites))
endif
machines := --workspace --test e2e
# Alone, ring 1 builds core and nothing else.
pure := -p hep-core --lib

##  run            build hep, apply an example to a small fleet on this machine twice, and serve it until Ctrl-C
.PHONY: run
run: setup-build setup-fleet setup-machines executor web
	cargo build --bin hep
	fleet/with 5 3 examples/run target/debug/hep

##  build          hep as it is released: target/release/hep
.PHONY: build
build: setup-build executor web
	cargo build --release --bin hep

##  deb            a Debian package of it, in target/deb
.PHONY: deb
deb: build
	tools/deb target/release/hep

##  image          a container image of it, hep:latest, from that package
.PHONY: image
image: deb setup-machines
	tools/image "$$(ls -t target/deb/hep_*.deb | head -n 1)"

##  test           all rings: pure, in process, real machines, browser
.PHONY: test
test: pure := $(pure_in_all)
test: around := $(around_all)
test: process := $(filter-out --lib,$(process))
test: setup-build setup-shells setup-databases setup-clocks setup-fleet setup-machines setup-web setup-browser test-pure test-process test-contract test-machines test-browser

##  test-pure      ring 1: tables of cases and properties, no I/O
.PHONY: test-pure
test-pure: setup-build
	@echo "== ring 1 of 4: pure =="
	$(around) $(run_tests) $(pure) $(T)

##  test-process   ring 2: SSH servers in the test process, the binary, the executor
.PHONY: test-process
test-process: setup-build setup-shells setup-databases executor web
	@echo "== ring 2 of 4: in process =="
	fleet/with-postgres $(run_tests) $(process) $(T)

##  test-contract  the server against its own OpenAPI document
.PHONY: test-contract
test-contract: setup-build setup-contract executor web
	@echo "== the API: its document =="
	cargo build --bin hep
	python3 -B contract/check.py target/debug/hep $(EXAMPLES)

##  test-machines  ring 3: the built binary against real sshd and Debian machines
.PHONY: test-machines
test-machines: setup-build setup-databases setup-clocks setup-fleet setup-machines executor web
	@echo "== ring 3 of 4: real machines =="
	cargo test --no-run $(machines)
	fleet/with $(HOSTS) $(MACHINES) bash -euc 'fleet/selftest; $(run_tests) $(machines) $(T)'

##  test-browser   ring 4: the web page in Chromium, against the built binary, real sshd and Debian machines,
##                 some of it through Apache
.PHONY: test-browser
test-browser: setup-build setup-browser setup-fleet setup-machines executor web
	@echo "== ring 4 of 4: browser =="
	tools/npm browser
	cargo build --bin hep
	fleet/with $(HOSTS) $(MACHINES) tools/browser

##  test-long      the server's stories at full length: nodes killed under RUNS=500 runs, a queue of 10,000,
##                 clocks, full disks, canaries, all bad input, its API by SEEDS='1 2 3', the live page of a run on
##                 500 hosts, all stories of the page through Apache; a summary at the end
.PHONY: test-long
test-long: EXAMPLES = 10
test-long: setup-build setup-databases setup-clocks setup-fleet setup-machines setup-contract setup-browser executor web
	tools/npm browser
	cargo build --bin hep
	cargo test --no-run -p hep --bin hep --test e2e
	T='$(T)' tools/long 10 $(RUNS) $(EXAMPLES) $(SEEDS)

##  check          format, lints, scripts, the rules of the house, the example of CONTRIBUTING.md
.PHONY: check
check: setup-build setup-check web
	cargo fmt --all --check
	cargo fmt --manifest-path bench/floor/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings
	shellcheck -x fleet/* tools/* packaging/p* examples/run .ci/run
	cargo test --workspace --test tidy
	tools/guide

##  bench          the same work by hep, by the floor and by the peers, as a table; BENCH=server the server's alone,
##                 BENCH=page the web page's: times and bytes of all pages, Lighthouse
.PHONY: bench
bench: build setup-fleet setup-bench setup-databases setup-browser
	$(if $(filter page,$(BENCH)),,cargo build --release --locked --manifest-path bench/floor/Cargo.toml --target-dir target/floor)
	$(if $(filter server page,$(BENCH)),,bench/peers)
	$(if $(filter server local,$(BENCH)),,tools/npm bench)
	fleet/with 1000 0 fleet/with-postgres python3 -B bench/run.py $(BENCH)

##  fleet-up       HOSTS=100 hosts on loopback addresses, MACHINES=2 Debian machines with systemd
.PHONY: fleet-up fleet-down clean-fleet
fleet-up: setup-fleet setup-machines
	fleet/up $(HOSTS) $(MACHINES)
##  fleet-down     end both
fleet-down:
	fleet/down
##  clean-fleet    end both and remove all that they left
clean-fleet:
	fleet/clean

##  executor       the remote executor for this machine, as the next build of hep bundles it
.PHONY: executor
executor: setup-build
	@tools/executor

##  web            scripts and styles of the web page, as the next build of hep bundles them
.PHONY: web
web: setup-web
	@tools/web

##  executors      the remote executors for release: x86_64 and aarch64 on musl
.PHONY: executors
executors: setup-build setup-executors
	tools/executors

##  test-executors the remote executors for release, tried out: the foreign one under qemu
.PHONY: test-executors
test-executors: executors
	for arch in x86_64 aarch64; do \
		echo "== executor for $$arch =="; \
		runner=(); [ $$arch = $$(uname -m) ] || runner=(HEP_TEST_RUNNER=qemu-$$arch-static); \
		env HEP_TEST_EXECUTOR=$(CURDIR)/target/executor-bundle/$$arch/hep-remote "$${runner[@]}" \
		timeout 1200 $(run_tests) -p hep-remote --test it -- serving:: plays:: claims::; \
	done

##  setup          install what any target needs, from Debian's packages
.PHONY: setup setup-build setup-shells setup-databases setup-clocks setup-fleet setup-machines setup-check setup-bench setup-executors setup-contract setup-web setup-browser
setup:
	fleet/setup
setup-build setup-shells setup-databases setup-clocks setup-fleet setup-machines setup-check setup-bench setup-executors setup-contract setup-web setup-browser: setup-%:
	@fleet/setup $*

.PHONY: help
help:
	@echo "make TARGET; the first two are run and test"
	@sed -n 's/^##//p' Makefile
