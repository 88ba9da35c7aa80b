# demo    set up what is missing, boot a real guest through virshpy, show it
# test    ruff (format and rules), mypy and pytest; T=tests/xml takes one folder, ARGS='-k name' goes to pytest as it is
# bench   ratios against bare QEMU, and against virsh with libvirtd where those are installed
# fuzz    damaged documents, shell lines and other inputs by the thousand; ARGS='-k documents -n 1000 -s 7 folder'
# mutants what of virshpy/host can be broken without its tests noticing; ARGS='virshpy/host/journal.py -n 20'
# The host is made ready by kit/prepare, which does nothing when it is: for the demo as little as it takes.

SHELL = /bin/sh
BIN = .venv/bin
T = tests
ARGS =
WORKERS = 2

# Compiled modules are kept: without them every command would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

PREFIX = /usr/local
PROGRAM = $(PREFIX)/bin/virshpy

.PHONY: demo test lint format typecheck unit bench fuzz mutants man install install-completions prepare prepare-dev prepare-test clean

demo: prepare
	@$(BIN)/python -m kit.demo

# All three are run, whatever the first says: one round shows everything, and pytest has the last word.
test: prepare-test
	@status=0; \
	$(BIN)/ruff format --check --quiet . || { echo 'some files are not formatted: make format'; status=1; }; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/mypy || status=1; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(T) $(ARGS) || status=1; \
	exit $$status

lint: prepare-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: prepare-dev
	$(BIN)/ruff format .

typecheck: prepare-dev
	$(BIN)/mypy

unit: prepare-test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(T) $(ARGS)

bench: prepare-dev
	@$(BIN)/python -m bench $(ARGS)

fuzz: prepare-dev
	@$(BIN)/python -m tests.fuzz $(ARGS)

mutants: prepare-test
	@$(BIN)/python -m kit.mutants $(ARGS)

# The manual and the schema of what programs get, out of the declarations of the commands.
man: prepare
	$(BIN)/python -m kit.manual
	$(BIN)/python -m kit.schema

# What stands beside the program: completions, the manual, the units, a folder for hook scripts; for everybody on the host.
# The program itself comes with pip or the distribution: `pip install .`, `python -m build`.
install: install-completions
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/systemd/user $(DESTDIR)/etc/virshpy/hooks
	sed 's,/usr/bin/virshpy,$(PROGRAM),' systemd/system/virshpy-guests.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/virshpy-guests.service
	sed 's,/usr/bin/virshpy,$(PROGRAM),' systemd/user/virshpy-guests.service >$(DESTDIR)$(PREFIX)/lib/systemd/user/virshpy-guests.service

install-completions:
	install -D -m 644 completions/virshpy.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/virshpy
	install -D -m 644 completions/_virshpy $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_virshpy
	install -D -m 644 completions/_virshpy $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_virshpy
	install -D -m 644 completions/virshpy.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/virshpy.fish
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1

prepare:
	@kit/prepare

prepare-dev:
	@kit/prepare dev

prepare-test:
	@kit/prepare test

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
