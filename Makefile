# A newcomer begins with `make first`, `make demo` or `make test`. Each target checks what it needs first, and
# installs it where it can.

SHELL := /bin/bash
SWIFT ?= swift
TRAITS ?= --enable-all-traits
TOOL := .build/release/letterlock

SIMULATION ?= 64,5000,10
FUZZ_SECONDS ?= 600

.PHONY: first demo serve test vectors bench plots docs lint hostile simulate fuzz sanitize mutants consumer independent protocol link prerequisites clean

# The example that README.md shows. It needs libsodium, and of packages swift-crypto alone.
first:
	@Scripts/prerequisites core
	$(SWIFT) build --package-path Examples/FirstHour --disable-index-store
	@$(SWIFT) run --package-path Examples/FirstHour --skip-build --quiet FirstHour

demo: prerequisites
	$(SWIFT) build -c release $(TRAITS) --product letterlock
	$(TOOL) demo

# A relay on this machine, until it is told to stop. docs/operating.md
LISTEN ?= 127.0.0.1:8460
STORE ?= .build/served/relay.sqlite
serve: prerequisites
	$(SWIFT) build -c release --traits Server --product letterlock-relay
	@mkdir -p "$(dir $(STORE))"
	.build/release/letterlock-relay serve --listen "$(LISTEN)" --store "sqlite:$(STORE)"

# Tests of servers come last: their clients have deadlines, and the tests of the commands hold every thread there is.
test: prerequisites
	$(SWIFT) build --build-tests $(TRAITS)
	$(SWIFT) test --skip-build $(TRAITS) --parallel --skip LetterlockServerTests
	$(SWIFT) test --skip-build $(TRAITS) --parallel --filter LetterlockServerTests

vectors: prerequisites
	$(SWIFT) build -c release $(TRAITS) --product letterlock
	$(TOOL) vectors verify Tests/Vectors $(VECTORS)

# The suites that are run at full length: all, unless it says which.
HOSTILE ?= Hostile
hostile: prerequisites
	LETTERLOCK_HOSTILE=1 $(SWIFT) test -c release -Xswiftc -enable-testing $(TRAITS) --filter '$(HOSTILE)'

# Clients, steps and seeds.
simulate: prerequisites
	LETTERLOCK_HOSTILE=1 LETTERLOCK_SIMULATION=$(SIMULATION) $(SWIFT) test -c release \
	  -Xswiftc -enable-testing $(TRAITS) --filter HostileSimulation

# Seconds for each target.
fuzz: prerequisites
	SWIFT=$(SWIFT) Fuzz/run $(FUZZ_SECONDS)

# What an optimised build does to memory, which no test of a debug build shows: the tour and every vector, with
# AddressSanitizer. `verify` once wrote into an array that the compiler had freed.
SANITIZED := .build/sanitized
sanitize: prerequisites
	$(SWIFT) build -c release --sanitize=address $(TRAITS) --product letterlock --scratch-path $(SANITIZED)
	ASAN_OPTIONS=detect_leaks=0 $(SANITIZED)/release/letterlock demo
	ASAN_OPTIONS=detect_leaks=0 $(SANITIZED)/release/letterlock vectors verify Tests/Vectors >$(SANITIZED)/vectors.txt
	tail -n 1 $(SANITIZED)/vectors.txt

# Which tests fail when a check is gone, of a validation rule of MLS or of a history, or when a fault is planted in what
# keeps an account or a promise.
mutants: prerequisites
	SWIFT=$(SWIFT) Scripts/mutate
	SWIFT=$(SWIFT) Scripts/mutate-history
	SWIFT=$(SWIFT) Scripts/mutate-account
	SWIFT=$(SWIFT) Scripts/mutate-promises

bench: prerequisites
	SWIFT="$(SWIFT)" Benchmarks/run

# Draws the last run of `bench`.
plots:
	Benchmarks/plot Benchmarks/results.json docs/images

docs: prerequisites
	Scripts/docs

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Examples Benchmarks Fuzz Package.swift
	Scripts/lint

consumer: prerequisites
	Tests/Consumer/check

independent: prerequisites
	Tests/Independent/check

# A served relay, asked by a second implementation and by schemathesis.
protocol: prerequisites
	$(SWIFT) build $(TRAITS) --product letterlock
	$(SWIFT) build $(TRAITS) --product letterlock-relay
	Tests/Independent/check Tests/Vectors .build/debug
	Tests/HTTP/schemathesis .build/debug

# Devices behind a link that is slow and loses packets: time, round trips and bytes, and connections that are cut. It needs
# root, for network namespaces, and most of an hour. 77 says that this machine makes none.
link: prerequisites
	$(SWIFT) build -c release $(TRAITS) --product letterlock
	$(SWIFT) build -c release $(TRAITS) --product letterlock-relay
	Tests/HTTP/slow-link .build/release

prerequisites:
	@Scripts/prerequisites

clean:
	$(SWIFT) package clean
