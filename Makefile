# What people do with the hotline. `make help` lists it.
PYTEST ?= .venv/bin/pytest
# Telephone tests mostly wait, so two at a time cost one; a third makes callers wait for the processor.
WORKERS ?= 2
HOTLINE = .venv/bin/hotline
.PHONY: help env run test test-all check lock pages clean

help: ## Daftar perintah / This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: ## Buat .venv / Make .venv from the locked packages
	@sh config/make-env.sh

run: ## Jalankan hotline (latihan) / Run the hotline (practice)
	@sh config/make-env.sh run
	@$(HOTLINE) run

pages: env ## Bangun halaman web / Build the web pages
	@$(HOTLINE) pages

test: env ## Semua uji yang nyata, sekitar 20 menit / All tests on real parts, some 20 minutes
	@$(HOTLINE) parts asterisk redis-server sipp chromium
	@$(HOTLINE) pages
	HOTLINE_TEST_REAL=1 $(PYTEST) -n $(WORKERS) --dist worksteal -m "not long"

test-all: env ## Termasuk uji yang lama / The long ones too
	@$(HOTLINE) parts asterisk redis-server sipp chromium
	@$(HOTLINE) pages
	HOTLINE_TEST_REAL=1 $(PYTEST) -n $(WORKERS) --dist worksteal

check: env ## Gaya, jenis, arah impor / Style, types, import direction
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

LOCK = .venv/bin/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-annotate -q
lock: env ## Kunci ulang paket / Lock the packages anew
	$(LOCK) -o requirements.lock
	$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Hapus yang dibuat di sini / Remove what was made here
	rm -rf .venv agent_bridge/web/dist agent_bridge/web/node_modules .pytest_cache .mypy_cache .ruff_cache
