# libscuttle. `make` builds the library, `make list` prints the other targets.

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
DESTDIR    ?=
CFLAGS     ?= -O2 -g

# The header is the one place of the version.
VERSION := $(shell sed -n 's/.*define SCUTTLE_VERSION_STRING "\(.*\)"/\1/p' include/scuttle.h)
MAJOR   := $(firstword $(subst ., ,$(VERSION)))

LIBRARY  := build/lib/libscuttle.so.$(VERSION)
ARCHIVE  := build/lib/libscuttle.a
SONAME   := libscuttle.so.$(MAJOR)
EXAMPLES := $(patsubst bindings/c/examples/%.c,build/examples/%,$(wildcard bindings/c/examples/*.c))
SWIFT    := Package.swift Sources Tests bindings/swift

.DELETE_ON_ERROR:
.PHONY: library static store install-store node demo docs examples test bench bench-loss bench-compare bench-publish bench-nodes baselines sim fuzz install install-man uninstall deb format format-check list clean

library: $(LIBRARY) ## Builds the shared library in build/lib; the default

# Folders are among the prerequisites because their dates change when a file is removed. The linker runs each time, because
# SwiftPM does not see a change of exports.map; the rest is incremental.
$(LIBRARY): $(shell find Package.swift Sources include)
	scripts/dependencies library
	@# SwiftPM does not see a change of a C module's header either, so the build starts from nothing after one.
	test -e $@ && test -z "$$(find Sources include -name '*.h' -newer $@ -o -name '*.modulemap' -newer $@)" || rm -rf .build-embedded
	rm -f .build-embedded/release/libscuttle-c.so .build-embedded/libscuttle.o
	SCUTTLE_EMBEDDED=1 swift build -c release --scratch-path .build-embedded --disable-local-rpath \
	  --experimental-lto-mode full --product scuttle-c
	mkdir -p $(@D)
	strip --strip-unneeded --remove-section=.comment -o $@ .build-embedded/release/libscuttle-c.so
	ln -sf $(@F) $(@D)/$(SONAME)
	ln -sf $(SONAME) $(@D)/libscuttle.so

# The file store: a library of its own beside the core, which does no I/O.
STORE         := build/lib/libscuttle-store.so.$(VERSION)
STORE_ARCHIVE := build/lib/libscuttle-store.a
STORE_SONAME  := libscuttle-store.so.$(MAJOR)
STORE_HEADER  := bindings/c/store/scuttle_store.h
# Hardened as the core is: Package.swift has its options.
STORE_COMPILE := -fstack-protector-strong -fcf-protection=full -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
STORE_LINK    := -Wl,-z,relro,-z,now,-z,defs
STORE_OBJECTS := $(patsubst bindings/c/store/%.c,build/store/%.o,$(wildcard bindings/c/store/*.c))

store: $(STORE) $(STORE_ARCHIVE) ## Builds the file store, libscuttle-store, in build/lib: a shared and a static library

build/store/%.o: bindings/c/store/%.c $(wildcard bindings/c/store/*.h) include/scuttle.h
	mkdir -p $(@D)
	$(CC) -std=c99 -D_FILE_OFFSET_BITS=64 -Wall -Wextra -Wpedantic $(STORE_COMPILE) $(CPPFLAGS) $(CFLAGS) -fPIC -Iinclude -c $< -o $@

$(STORE): $(STORE_OBJECTS) bindings/c/store/exports.map $(LIBRARY)
	$(CC) -shared -Wl,-soname,$(STORE_SONAME) -Wl,--version-script=bindings/c/store/exports.map $(STORE_LINK) \
	  $(STORE_OBJECTS) -o $@ -Lbuild/lib -lscuttle $(LDFLAGS)
	strip --strip-unneeded --remove-section=.comment $@
	ln -sf $(@F) $(@D)/$(STORE_SONAME)
	ln -sf $(STORE_SONAME) $(@D)/libscuttle-store.so

# One object, so that only the functions of the header are global.
$(STORE_ARCHIVE): $(STORE_OBJECTS)
	mkdir -p $(@D)
	$(CC) -r -nostdlib $(STORE_OBJECTS) -o build/store/all.o
	objcopy --wildcard --keep-global-symbol='scuttle_store_*' --strip-debug --remove-section=.comment build/store/all.o
	rm -f $@
	ar rcs $@ build/store/all.o

static: $(ARCHIVE) ## Builds the static library in build/lib, of the code of the shared one

$(ARCHIVE): $(LIBRARY) scripts/archive
	scripts/archive .build-embedded/libscuttle.o $@

# The library of the Python wheel, with jansson inside. Its object is that of the shared library.
WHEEL_LIBRARY := build/wheel/libscuttle.so

.PHONY: wheel-library wheel
wheel-library: $(WHEEL_LIBRARY)

$(WHEEL_LIBRARY): $(LIBRARY) scripts/wheel-library
	scripts/wheel-library .build-embedded/libscuttle.o $(@D)

wheel: $(WHEEL_LIBRARY) ## Builds the Python wheels in build/wheels: PYTHON=python3, of 3.10 or later for the one with the accelerator
	@scripts/dependencies wheel
	@scripts/wheels $(PYTHON)

demo: build/demo/peer ## Runs replicas in processes of their own, C, Python and Node: one is cut off, and all converge
	@scripts/dependencies demo
	@! demo/has-node >/dev/null || $(MAKE) --no-print-directory -s -C bindings/node
	@python3 demo/run

# Limited API: one file for all versions of Python from 3.10 on. Nothing else is missing without it, so it is built if it can be.
PYTHON      ?= python3
ACCELERATOR := bindings/python/scuttle/_accelerator.abi3.so

.PHONY: accelerator
accelerator: ## Builds the accelerator of the Python package in bindings/python/scuttle, if Python's headers are there
	@include=$$($(PYTHON) -c 'import sys, sysconfig; print(sysconfig.get_path("include")); sys.exit(sys.version_info < (3, 10))') && \
	  test -e "$$include/Python.h" || { echo "no Python.h of 3.10 or later: the Python package has no accelerator"; exit 0; }; \
	$(MAKE) --no-print-directory -s $(ACCELERATOR) PYTHON_INCLUDE="$$include"

$(ACCELERATOR): $(wildcard bindings/python/accelerator/*.[ch]) include/scuttle.h
	$(CC) -std=c99 -Wall -Wextra -fPIC -fvisibility=hidden -shared $(CPPFLAGS) $(CFLAGS) -I$(PYTHON_INCLUDE) -Iinclude \
	  $(filter %.c,$^) -o $@ $(LDFLAGS)

node: $(LIBRARY) ## Builds the addon for Node in bindings/node/build
	$(MAKE) --no-print-directory -s -C bindings/node

examples: $(EXAMPLES) ## Builds the programs of bindings/c/examples in build/examples

# The programs find the library relative to themselves, so that build/ may move.
LINK = -Iinclude -Lbuild/lib -Wl,-rpath,'$$ORIGIN/../lib' -lscuttle
COMPILE = mkdir -p $(@D) && $(CC) -std=c99 -Wall -Wextra -Wpedantic $(CPPFLAGS) $(CFLAGS) $< -o $@ $(LINK) $(LDFLAGS)

build/examples/%: bindings/c/examples/%.c bindings/c/examples/connection.h $(LIBRARY)
	$(COMPILE)

build/examples/accept: bindings/c/examples/policies.h
build/examples/sqlite_store: bindings/c/examples/sqlite_store.h
build/examples/sqlite_store: LINK += -lsqlite3
build/examples/uv_node: LINK += -luv
build/examples/tls_node: bindings/c/examples/tls_link.h
build/examples/ban_list build/examples/tls_node: $(STORE)
build/examples/ban_list: LINK += -Ibindings/c/store -lscuttle-store
build/examples/tls_node: LINK += -Ibindings/c/store -lscuttle-store -lssl -lcrypto

build/demo/peer: demo/peer.c bindings/c/examples/connection.h $(LIBRARY)
	$(COMPILE)

test: ## Runs all tests; STAGES="c docs" runs some stages (scripts/test --list names them)
	@scripts/dependencies test
	@scripts/test $(STAGES)

docs: $(LIBRARY) ## Makes the site of the documentation in build/site, and a man page for each C function in build/man
	@docs/site/build

MAN_PAGE := build/man/man3/scuttle.3
$(MAN_PAGE): include/scuttle.h $(STORE_HEADER) $(filter-out %.html,$(wildcard docs/site/*)) | $(LIBRARY)
	@docs/site/build man

BENCH_SOURCES := $(wildcard Benchmarks/c/*.[ch])
build/bench/driver: $(BENCH_SOURCES) $(LIBRARY)
	mkdir -p $(@D)
	$(CC) -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic $(CPPFLAGS) -O2 -g $(filter %.c,$^) -o $@ $(LINK) $(LDFLAGS)

bench: build/bench/driver ## Runs the benchmarks: results, report and pictures in build/bench; QUICK=1 runs the cases of the targets, PEERS=0 no peers
	@Benchmarks/run --set $(if $(QUICK),quick,standard) $(if $(filter 0,$(PEERS)),--without-peers) $(if $(OUT),--out $(OUT))

bench-loss: build/bench/driver ## Counts the cost of loss and breaks for docs/benchmarks.md, in 6 minutes; the counts are the same on each machine
	@Benchmarks/run --set loss --without-peers --out build/loss
	@Benchmarks/run --publish --out build/loss

bench-compare: ## Compares two files of results, A=before.json B=after.json; status 2 if machine or inputs differ
	@Benchmarks/run --compare $(or $(A),$(error A=… is missing)) $(or $(B),$(error B=… is missing))

bench-nodes: $(LIBRARY) accelerator ## Measures nodes of the Python package for docs/benchmarks.md, in 3 minutes
	@Benchmarks/nodes/run

bench-publish: ## Puts the report of the last `make bench` into docs/benchmarks.md
	@Benchmarks/run --publish

baselines: library ## Records the present counts of the stage `gates` as the expected ones
	@scripts/dependencies test
	@Tests/Budgets/Gates/run --update

SEEDS = 2000
sim: ## Runs the simulator: SEEDS=2000 from FIRST=0 on, or SEED=17 alone, step by step; MIDDLE=2000 with a man in the middle; CLASSIC=2000 of classic links; BATCHES=0 without batches; WITHOUT=covers disables a rule
	@scripts/dependencies library
	@Tests/Simulation/run $(if $(MIDDLE),--middle) $(if $(CLASSIC),--classic) $(if $(filter 0,$(BATCHES)),--no-batches) $(if $(SEED),--seed $(SEED),$(or $(MIDDLE),$(CLASSIC),$(SEEDS)) $(or $(FIRST),0)) $(if $(WITHOUT),--without $(WITHOUT))

ROUNDS = 2000
.PHONY: kill-test
kill-test: $(LIBRARY) ## Kills processes with a state store or a file store while they write: ROUNDS=2000 of each, FIRST=0 the first seed
	@scripts/dependencies test
	@for store in sqlite file; do \
	  SCUTTLE_LIBRARY=$(abspath $(LIBRARY)) PYTHONPATH=bindings/python python3 bindings/python/tests/kill_rounds.py \
	    --store $$store --rounds $(ROUNDS) --first $(or $(FIRST),0) || exit 1; \
	done

.PHONY: node-kill-test
node-kill-test: $(LIBRARY) ## Kills nodes with stores while all write durably: ROUNDS=500, FIRST=0 the first seed
	@scripts/dependencies test
	@SCUTTLE_LIBRARY=$(abspath $(LIBRARY)) PYTHONPATH=bindings/python python3 bindings/python/tests/aio/node_kill_rounds.py \
	  --rounds $(if $(filter-out file,$(origin ROUNDS)),$(ROUNDS),500) --first $(or $(FIRST),0)

.PHONY: presence
presence: $(LIBRARY) ## Simulates replicas that renew a key each, and crash: the table of docs/how-to/presence.md, in an hour or more
	@Tests/Presence/run --table

SECONDS = 60
fuzz: ## Runs libFuzzer and AddressSanitizer on link input, import, calls, fast path, hostile peers: SECONDS=60 each
	@scripts/dependencies library
	@Tests/Fuzz/fuzz $(SECONDS)

# The files that `install` writes and `uninstall` removes.
FILLED    = pkgconfig/scuttle.pc pkgconfig/scuttle-static.pc cmake/scuttle/scuttleConfig.cmake cmake/scuttle/scuttleConfigVersion.cmake
INSTALLED = $(LIBDIR)/$(notdir $(LIBRARY)) $(LIBDIR)/$(SONAME) $(LIBDIR)/libscuttle.so $(LIBDIR)/libscuttle.a \
            $(INCLUDEDIR)/scuttle.h $(addprefix $(LIBDIR)/,$(FILLED))

# The CMake package finds its files relative to itself, so that an installed tree may move; the files of pkg-config have the prefix,
# as its users expect.
UNDER_PREFIX = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))
FILL = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@MAJOR@|$(MAJOR)|g' \
           -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(call UNDER_PREFIX,$(LIBDIR))|g' \
           -e 's|@INCLUDEDIR@|$(call UNDER_PREFIX,$(INCLUDEDIR))|g' \
           -e "s|@INCLUDEDIR_FROM_CMAKE@|$$(realpath -m --relative-to=$(LIBDIR)/cmake/scuttle $(INCLUDEDIR))|g"
REFRESH_LOADER = test -n "$(DESTDIR)" || ldconfig 2>/dev/null || true

install: library static ## Installs both libraries, the headers, pkg-config and CMake files, and the man pages if they are made: PREFIX=/usr/local LIBDIR= INCLUDEDIR= MANDIR= DESTDIR=
	install -d $(addprefix $(DESTDIR),$(INCLUDEDIR) $(LIBDIR)/pkgconfig $(LIBDIR)/cmake/scuttle)
	install -m 755 $(LIBRARY) $(DESTDIR)$(LIBDIR)/
	ln -sf $(notdir $(LIBRARY)) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libscuttle.so
	install -m 644 $(ARCHIVE) $(DESTDIR)$(LIBDIR)/
	install -m 644 include/scuttle.h $(DESTDIR)$(INCLUDEDIR)/
	@for file in $(FILLED); do \
	  echo "bindings/c/$${file##*/}.in > $(DESTDIR)$(LIBDIR)/$$file"; \
	  $(FILL) "bindings/c/$${file##*/}.in" > "$(DESTDIR)$(LIBDIR)/$$file" || exit 1; \
	done
	@$(REFRESH_LOADER)

# The file store's part of `install`.
STORE_FILES = $(STORE) $(STORE_ARCHIVE) $(STORE_HEADER)
INSTALLED  += $(addprefix $(LIBDIR)/,$(notdir $(STORE) $(STORE_ARCHIVE)) $(STORE_SONAME) libscuttle-store.so pkgconfig/scuttle-store.pc) \
              $(INCLUDEDIR)/scuttle_store.h
install: install-store
install-store: $(STORE_FILES)
	install -d $(addprefix $(DESTDIR),$(INCLUDEDIR) $(LIBDIR)/pkgconfig)
	install -m 755 $(STORE) $(DESTDIR)$(LIBDIR)/
	ln -sf $(notdir $(STORE)) $(DESTDIR)$(LIBDIR)/$(STORE_SONAME)
	ln -sf $(STORE_SONAME) $(DESTDIR)$(LIBDIR)/libscuttle-store.so
	install -m 644 $(STORE_ARCHIVE) $(DESTDIR)$(LIBDIR)/
	install -m 644 $(STORE_HEADER) $(DESTDIR)$(INCLUDEDIR)/
	$(FILL) bindings/c/scuttle-store.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/scuttle-store.pc

INSTALL_MAN = install -d $(DESTDIR)$(MANDIR)/man3 && install -m 644 build/man/man3/*.3 $(DESTDIR)$(MANDIR)/man3/

install-man: $(MAN_PAGE) ## Installs the man pages of the C functions, and makes them before: PREFIX=/usr/local MANDIR= DESTDIR=
	$(INSTALL_MAN)

# `install` needs no tool of the documentation, so it installs the pages if they are there and no older than the headers.
.PHONY: install-made-man
install: install-made-man
install-made-man:
	@if [ $(MAN_PAGE) -nt include/scuttle.h ] && [ $(MAN_PAGE) -nt $(STORE_HEADER) ]; then echo '$(INSTALL_MAN)' && $(INSTALL_MAN); \
	  else echo 'No man pages: `make install-man` makes and installs them.'; fi

uninstall: ## Removes the installed files, for the same PREFIX, LIBDIR, INCLUDEDIR and DESTDIR
	rm -f $(addprefix $(DESTDIR),$(INSTALLED) $(MANDIR)/man3/scuttle.3) $(DESTDIR)$(MANDIR)/man3/scuttle_*.3
	rmdir $(DESTDIR)$(LIBDIR)/cmake/scuttle 2>/dev/null || true
	@$(REFRESH_LOADER)

deb: library static store $(MAN_PAGE) ## Builds the packages for Debian in build/deb: libscuttle0, libscuttle-store0, libscuttle-dev, python3-scuttle
	@scripts/dependencies deb
	@packaging/build-deb

format: ## Formats the Swift sources
	swift format --in-place --parallel --recursive $(SWIFT)

format-check: ## Checks the format of the Swift sources, and the rules of .swift-format
	swift format lint --strict --parallel --recursive $(SWIFT)

list: ## Prints this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

clean: ## Removes all that was built here
	rm -rf build .build .build-embedded .build-host .build-sim .build-fuzz .venv .venv-docs Benchmarks/.venv
