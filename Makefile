# libscuttle. `make` builds the library, `make list` says what else there is.

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
DESTDIR    ?=
CFLAGS     ?= -O2 -g

# The header is the one place that knows the version.
VERSION := $(shell sed -n 's/.*define SCUTTLE_VERSION_STRING "\(.*\)"/\1/p' include/scuttle.h)
MAJOR   := $(firstword $(subst ., ,$(VERSION)))

LIBRARY  := build/lib/libscuttle.so.$(VERSION)
SONAME   := libscuttle.so.$(MAJOR)
EXAMPLES := $(patsubst bindings/c/examples/%.c,build/examples/%,$(wildcard bindings/c/examples/*.c))
SWIFT    := Package.swift Sources Tests bindings/swift

.DELETE_ON_ERROR:
.PHONY: library node demo docs examples test bench bench-loss bench-compare bench-publish baselines sim fuzz install install-man uninstall format format-check list clean

library: $(LIBRARY) ## The shared library, in build/lib (what `make` alone does)

# Folders are among the prerequisites because their dates change when a file goes. The linker runs each time, since
# SwiftPM does not see a change of exports.map; the rest is incremental.
$(LIBRARY): $(shell find Package.swift Sources include)
	scripts/dependencies library
	@# SwiftPM does not see a change of a C module's header either: then it begins anew.
	test -e $@ && test -z "$$(find Sources include -name '*.h' -newer $@ -o -name '*.modulemap' -newer $@)" || rm -rf .build-embedded
	rm -f .build-embedded/release/libscuttle-c.so
	SCUTTLE_EMBEDDED=1 swift build -c release --scratch-path .build-embedded --disable-local-rpath \
	  --experimental-lto-mode full --product scuttle-c
	mkdir -p $(@D)
	strip --strip-unneeded -o $@ .build-embedded/release/libscuttle-c.so
	ln -sf $(@F) $(@D)/$(SONAME)
	ln -sf $(SONAME) $(@D)/libscuttle.so

demo: build/demo/peer ## Replicas in processes of their own, C, Python and Node: one is cut off, and all converge
	@scripts/dependencies demo
	@! demo/has-node >/dev/null || $(MAKE) --no-print-directory -s -C bindings/node
	@python3 demo/run

node: $(LIBRARY) ## The addon for Node, in bindings/node/build
	$(MAKE) --no-print-directory -s -C bindings/node

examples: $(EXAMPLES) ## The programs of bindings/c/examples, in build/examples

# The programs find the library by their own place, so that build/ may move.
LINK = -Iinclude -Lbuild/lib -Wl,-rpath,'$$ORIGIN/../lib' -lscuttle
COMPILE = mkdir -p $(@D) && $(CC) -std=c99 -Wall -Wextra -Wpedantic $(CPPFLAGS) $(CFLAGS) $< -o $@ $(LINK) $(LDFLAGS)

build/examples/%: bindings/c/examples/%.c bindings/c/examples/connection.h $(LIBRARY)
	$(COMPILE)

build/examples/accept: bindings/c/examples/policies.h
build/examples/sqlite_store: bindings/c/examples/sqlite_store.h
build/examples/sqlite_store: LINK += -lsqlite3

build/demo/peer: demo/peer.c bindings/c/examples/connection.h $(LIBRARY)
	$(COMPILE)

test: ## Everything that can be checked; STAGES="c docs" for some of it (scripts/test --list names them)
	@scripts/dependencies test
	@scripts/test $(STAGES)

docs: $(LIBRARY) ## The documentation as a site, in build/site, and a man page for each C function, in build/man
	@docs/site/build

BENCH_SOURCES := $(wildcard Benchmarks/c/*.[ch])
build/bench/driver: $(BENCH_SOURCES) $(LIBRARY)
	mkdir -p $(@D)
	$(CC) -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic $(CPPFLAGS) -O2 -g $(filter %.c,$^) -o $@ $(LINK) $(LDFLAGS)

bench: build/bench/driver ## Benchmarks: results, report and pictures into build/bench; QUICK=1 for what the targets need, PEERS=0 without peers
	@Benchmarks/run --set $(if $(QUICK),quick,standard) $(if $(filter 0,$(PEERS)),--without-peers) $(if $(OUT),--out $(OUT))

bench-loss: build/bench/driver ## What loss and breaks cost, in 6 minutes and into docs/benchmarks.md: counted, the same on each machine
	@Benchmarks/run --set loss --without-peers --out build/loss
	@Benchmarks/run --publish --out build/loss

bench-compare: ## Two files of results side by side, A=before.json B=after.json; status 2 where machine or inputs differ
	@Benchmarks/run --compare $(or $(A),$(error A=… is missing)) $(or $(B),$(error B=… is missing))

bench-publish: ## The report of the last `make bench` into docs/benchmarks.md
	@Benchmarks/run --publish

baselines: library ## What the stage `gates` counts now becomes what it expects
	@scripts/dependencies test
	@Tests/Budgets/Gates/run --update

SEEDS = 2000
sim: ## The simulator: SEEDS=2000 from FIRST=0 on, or SEED=17 alone, telling each step; MIDDLE=2000 with a man in the middle; CLASSIC=2000 of classic links; WITHOUT=covers leaves a rule out
	@scripts/dependencies library
	@Tests/Simulation/run $(if $(MIDDLE),--middle) $(if $(CLASSIC),--classic) $(if $(SEED),--seed $(SEED),$(or $(MIDDLE),$(CLASSIC),$(SEEDS)) $(or $(FIRST),0)) $(if $(WITHOUT),--without $(WITHOUT))

ROUNDS = 2000
.PHONY: kill-test
kill-test: $(LIBRARY) ## Processes with a state store, each killed with SIGKILL while it writes: ROUNDS=2000, FIRST=0 the first seed
	@scripts/dependencies test
	@SCUTTLE_LIBRARY=$(abspath $(LIBRARY)) PYTHONPATH=bindings/python python3 bindings/python/tests/kill_rounds.py --rounds $(ROUNDS) --first $(or $(FIRST),0)

SECONDS = 60
fuzz: ## libFuzzer and AddressSanitizer on the link input, the import, the calls, the fast path, hostile peers: SECONDS=60 each
	@scripts/dependencies library
	@Tests/Fuzz/fuzz $(SECONDS)

# What is installed, and so what is taken away again.
INSTALLED = $(LIBDIR)/$(notdir $(LIBRARY)) $(LIBDIR)/$(SONAME) $(LIBDIR)/libscuttle.so $(INCLUDEDIR)/scuttle.h \
            $(LIBDIR)/pkgconfig/scuttle.pc $(LIBDIR)/cmake/scuttle/scuttleConfig.cmake \
            $(LIBDIR)/cmake/scuttle/scuttleConfigVersion.cmake

# The CMake package finds its files relative to itself, so that an installed tree may move; scuttle.pc has the prefix,
# as pkg-config's users expect.
UNDER_PREFIX = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))
FILL = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@MAJOR@|$(MAJOR)|g' \
           -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(call UNDER_PREFIX,$(LIBDIR))|g' \
           -e 's|@INCLUDEDIR@|$(call UNDER_PREFIX,$(INCLUDEDIR))|g' \
           -e "s|@INCLUDEDIR_FROM_CMAKE@|$$(realpath -m --relative-to=$(LIBDIR)/cmake/scuttle $(INCLUDEDIR))|g"
REFRESH_LOADER = test -n "$(DESTDIR)" || ldconfig 2>/dev/null || true

install: library ## Library, header, pkg-config and CMake files: PREFIX=/usr/local LIBDIR= INCLUDEDIR= DESTDIR=
	install -d $(addprefix $(DESTDIR),$(INCLUDEDIR) $(LIBDIR)/pkgconfig $(LIBDIR)/cmake/scuttle)
	install -m 755 $(LIBRARY) $(DESTDIR)$(LIBDIR)/
	ln -sf $(notdir $(LIBRARY)) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libscuttle.so
	install -m 644 include/scuttle.h $(DESTDIR)$(INCLUDEDIR)/
	@for file in pkgconfig/scuttle.pc cmake/scuttle/scuttleConfig.cmake cmake/scuttle/scuttleConfigVersion.cmake; do \
	  echo "bindings/c/$${file##*/}.in > $(DESTDIR)$(LIBDIR)/$$file"; \
	  $(FILL) "bindings/c/$${file##*/}.in" > "$(DESTDIR)$(LIBDIR)/$$file" || exit 1; \
	done
	@$(REFRESH_LOADER)

install-man: docs ## The man pages of the C functions: PREFIX=/usr/local MANDIR= DESTDIR=
	install -d $(DESTDIR)$(MANDIR)/man3
	install -m 644 build/man/man3/*.3 $(DESTDIR)$(MANDIR)/man3/

uninstall: ## Takes away what install put there, for the same PREFIX, LIBDIR, INCLUDEDIR and DESTDIR
	rm -f $(addprefix $(DESTDIR),$(INSTALLED) $(MANDIR)/man3/scuttle.3) $(DESTDIR)$(MANDIR)/man3/scuttle_*.3
	rmdir $(DESTDIR)$(LIBDIR)/cmake/scuttle 2>/dev/null || true
	@$(REFRESH_LOADER)

format: ## Formats the Swift sources
	swift format --in-place --parallel --recursive $(SWIFT)

format-check: ## Says where the Swift sources are not formatted, or break a rule of .swift-format
	swift format lint --strict --parallel --recursive $(SWIFT)

list: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

clean: ## Takes away all that was built here
	rm -rf build .build .build-embedded .build-host .build-sim .build-fuzz .venv .venv-docs Benchmarks/.venv
