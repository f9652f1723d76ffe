# What a newcomer runs: make run, make test. What a change runs besides: make check.
GO       ?= go
OUT      := .build
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
COMMIT   ?= $(shell git rev-parse HEAD 2>/dev/null && { git diff --quiet HEAD 2>/dev/null || echo +changes; })
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.commit=$(subst $() ,,$(COMMIT))
FUZZTIME ?= 30s
ROUNDS   ?= 300
PACKAGES := ./...
TIMEOUT  ?= 20m
SHORT    ?= -short
ARCHES   ?= amd64 arm64 arm
RACE     := -race -gcflags=golang.org/x/crypto/argon2=-race=false

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
AXE_CORE    := 4.14.1
AXE_SHA256  := 29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

.PHONY: run build test browser mailpit watch openapi client-code client smarthost-test smarthost-bench check acceptance \
  fuzz bench soak deb image reproducible package-test clean

run: build ## the demo, with both ends on this machine
	$(OUT)/postern demo

build: ## one static binary, .build/postern
	@[ -e $(OUT)/postern ] || echo "The first build fetches modules and compiles them: this takes a minute or two."
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(OUT)/postern .

# The race detector is linked by a C compiler; building runtime/cgo tells whether there is one that works. What it would
# cost for nothing is spared: its second at the end of every process, and argon2's memory, which no goroutine shares.
# The collector works less often, for the compiler too; make check vets.
test: export GOGC := 400
test: export GORACE := atexit_sleep_ms=0 $(GORACE)
test: ## all tests, the longest of them in short; SHORT= runs them in full
	@echo "Building the tests and running them: three to six minutes on two cores, and more where nothing is compiled yet."
	@if CGO_ENABLED=1 $(GO) build -race runtime/cgo 2>/dev/null; then export CGO_ENABLED=1; race="$(RACE)"; \
	else export CGO_ENABLED=0; race=; echo "No C compiler works here: the tests run without the race detector."; fi; \
	set -x; $(GO) test $$race $(SHORT) -vet=off -shuffle=on -timeout $(TIMEOUT) $(PACKAGES)

browser: build ## the pages in a real Chromium; installs it (Debian, as root) where there is none; PICTURES=1 keeps pictures of them in testdata/browser/shots
	testdata/browser/install.sh $(OUT)/axe-$(AXE_CORE).js $(AXE_CORE) $(AXE_SHA256)
	$(GO) test -count=1 -run TestTools ./mail/document -args -tools
	cd testdata/browser && $(GO) test -count=1 -parallel 4 -timeout 20m . \
	  -args -postern $(CURDIR)/$(OUT)/postern -axe $(CURDIR)/$(OUT)/axe-$(AXE_CORE).js $(if $(PICTURES),-pictures)

mailpit: build ## npm's client for Mailpit against the built-in inbox; installs node (Debian, as root) where there is none
	testdata/mailpit/install.sh $(OUT)/mailpit
	cd $(OUT)/mailpit && POSTERN=$(CURDIR)/$(OUT)/postern CLEANINGS=$(CURDIR)/server/command/demo/cleanings.json node --test --test-reporter spec

watch: build ## Prometheus reads metrics and alert rules, Grafana's types the dashboard; as root: installs it (Debian)
	testdata/watch/install.sh $(OUT)/prometheus
	cd testdata/watch && $(GO) test -count=1 . -args -postern $(CURDIR)/$(OUT)/postern -tools $(CURDIR)/$(OUT)/prometheus

openapi: ## the description of all routes, in .build/openapi.yaml
	@mkdir -p $(OUT)
	$(GO) test -count=1 -run '^TestDescription$$' ./server -args -openapi $(CURDIR)/$(OUT)/openapi.yaml

client-code: openapi ## a client that oapi-codegen makes of it
	mkdir -p testdata/client/api
	cd testdata/client && $(GO) tool oapi-codegen -config oapi-codegen.yaml $(CURDIR)/$(OUT)/openapi.yaml

client: build client-code ## that client goes both journeys
	cd testdata/client && $(GO) test -count=1 . \
	  -args -postern $(CURDIR)/$(OUT)/postern -openapi $(CURDIR)/$(OUT)/openapi.yaml

smarthost-test: build ## letters through Postfix and chasquid, past SpamAssassin and HTML checkers; as root: installs them (Debian)
	testdata/smarthost/install.sh $(OUT)/smarthost
	PYTHONDONTWRITEBYTECODE=1 python3 testdata/smarthost/smarthost.py $(OUT)/postern $(OUT)/smarthost

smarthost-bench: build ## letters a second beside Postfix's own client; as root
	testdata/smarthost/install.sh $(OUT)/smarthost
	$(GO) build -o $(OUT)/smarthost/sink ./testdata/smarthost/sink
	PYTHONDONTWRITEBYTECODE=1 python3 testdata/smarthost/bench.py $(OUT)/postern $(OUT)/smarthost/sink

check: client-code ## what must hold of the source, and of the description of its routes; installs node (Debian, as root) where there is none
	@out=$$(gofmt -l main.go mail server store testdata tokens); [ -z "$$out" ] || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) vet $(PACKAGES) ./testdata/smarthost/sink
	$(GO) mod tidy -diff
	$(GO) run $(STATICCHECK) $(PACKAGES) ./testdata/smarthost/sink
	cd testdata/browser && $(GO) vet . && $(GO) mod tidy -diff && $(GO) run $(STATICCHECK) .
	cd testdata/client && $(GO) vet . && $(GO) mod tidy -diff && $(GO) run $(STATICCHECK) .
	cd testdata/packaging && $(GO) vet ./... && $(GO) mod tidy -diff && $(GO) run $(STATICCHECK) ./...
	cd testdata/watch && $(GO) vet . && $(GO) mod tidy -diff && $(GO) run $(STATICCHECK) .
	testdata/redocly/install.sh $(OUT)/redocly
	cd $(OUT)/redocly && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
	  node node_modules/@redocly/cli/bin/cli.js lint --config redocly.yaml $(CURDIR)/$(OUT)/openapi.yaml
	@$(GO) run $(GOVULNCHECK) $(PACKAGES) > $(OUT)-vuln 2>&1; code=$$?; cat $(OUT)-vuln; \
	if [ $$code -ne 0 ] && grep -qE 'fetching vulnerabilities|dial tcp|no such host|connection refused|403 Forbidden|version is not available' $(OUT)-vuln; \
	then echo "govulncheck: it or its data can't be had here; not checked"; rm -f $(OUT)-vuln; \
	else rm -f $(OUT)-vuln; exit $$code; fi

acceptance: ## before a release, as root: the longest tests in full, and all that need Chromium, node, Prometheus or mail servers
	$(MAKE) test SHORT=
	$(MAKE) browser mailpit client watch smarthost-test check

fuzz: ## every fuzz test for FUZZTIME
	@set -e; grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read dir; do \
	  for name in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$dir/*_test.go | cut -c6-); do \
	    echo "$$dir $$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x $$dir; done; done

bench: ## the figures of the README, with the collector set as serve sets it; BENCH_PEOPLE=0 makes it short
	GOGC=250 $(GO) test -run '^$$' -bench . -benchtime 6s -count 3 -timeout 60m $(PACKAGES)

soak: ## kill -9 under load, ROUNDS times
	SOAK_ROUNDS=$(ROUNDS) $(GO) test -race -run 'TestKill' -timeout 60m -v ./server/e2e

deb: ## Debian packages for amd64, arm64 and armhf, in .build/deb
	testdata/packaging/build.sh $(OUT)/deb "$(VERSION)" deb $(ARCHES)

image: ## the container image for the same, an OCI layout in .build/image
	testdata/packaging/build.sh $(OUT)/image "$(VERSION)" image $(ARCHES)

reproducible: ## both built twice, the second time elsewhere: the same bytes
	testdata/packaging/reproducible.sh $(OUT)/reproducible "$(VERSION)" $(ARCHES)

package-test: ## the packages in a Debian with systemd, and the image; as root: installs debootstrap, qemu and more (Debian)
	testdata/packaging/test/install.sh
	testdata/packaging/test/test.sh $(OUT)/package-test "$(VERSION)"

clean:
	rm -rf $(OUT)
