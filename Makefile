# make demo | smoke | test | pretrain | readme | cards | docs: each sets up .venv from constraints.txt first. Needs Python >= 3.11 and nothing else.
# --nolock: a killed run leaves a lock behind, and files appear whole or not at all; so run one at a time in a folder.
PYTHON ?= python3
CORES ?= 2
READY := .venv/.ready
# At a terminal a live view of all jobs, and the log of one that fails; else a line a job. Logs have everything either way.
SHOW := $(if $(shell test -t 2 && echo terminal),--logger rich --show-failed-logs >/dev/null,--quiet host reason)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo smoke test test-page check-method test-slurm readings deltas pretrain plugins readme cards docs clean

demo: $(READY)  ## the embedded benchmark: tables, figures, page under results/embedded
	snakemake --cores $(CORES) --nolock $(SHOW)
	@python tools/claims.py --csv results/embedded/tables/claims.csv
	@cat results/embedded/tables/table1.md
	@echo "Tables: results/embedded/tables   Figures: results/embedded/figures   Page: results/embedded/report/index.html"

smoke: $(READY)  ## every stage in seconds; the numbers mean nothing
	snakemake --cores $(CORES) --nolock --configfile configs/smoke.yaml $(SHOW)

test: $(READY)
	python -m pytest --numprocesses $(CORES) --dist loadfile

test-page: $(READY)  ## the tests of the page in Chromium, which Debian's packages give (root)
	command -v chromium || apt-get install --yes --no-install-recommends chromium
	python -m pytest -rs tests/report/test_page_in_browser.py

check-method: $(READY)  ## make check-method NAME=lab.mine: what a method of yours lacks, and one step of it on the small model
	python -m ldcore check method $(NAME)

test-slurm: $(READY)  ## the smoke grid and its accidents on a one-node Slurm; root on Debian, else skipped with the reason
	python -m pytest -m slurm -rs tests/cluster

readings: $(READY)  ## readings of the paper and controls, three training runs each (two and a half hours on 2 cores); docs/readings.*
	snakemake --cores $(CORES) --nolock --configfile configs/readings.yaml $(SHOW)
	snakemake --cores $(CORES) --nolock --configfile configs/readings_flipped.yaml $(SHOW)
	snakemake --cores $(CORES) --nolock --configfile configs/readings_methods.yaml $(SHOW)
	python -m tools.readings --run results/readings --flipped results/readings_flipped \
		--methods results/readings_methods --docs docs

deltas: $(READY)  ## every source of a delta for every method (half an hour on 2 cores); the tables of docs/drift.md
	snakemake --cores $(CORES) --nolock --configfile configs/deltas.yaml $(SHOW)
	python -m tools.deltas --run results/deltas --docs docs

plugins: $(READY)  ## docs/plugins.md again, from what the plug-ins declare
	python -m tools.plugins

readme: $(READY)  ## the README's claims and docs/results.md again, from the last make demo
	python tools/claims.py --csv results/embedded/tables/claims.csv --into README.md
	python -m tools.results --run results/embedded --docs docs --reference resources/reference/embedded

cards: $(READY)  ## model card, data sheets of the phantoms, CLAIM checklist; a test tells when they are behind
	python -m tools.model_card --model resources/embedded_model --into docs/model_card.md
	python -m tools.datasheets --config config.yaml --into docs/datasheets.md
	python -m tools.claim_checklist --config config.yaml --into docs/claim_checklist.md

docs: $(READY)  ## the documentation as a site without a network: site/index.html; ends at the first broken link
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict
	@echo "Open site/index.html"

pretrain: $(READY)  ## train resources/embedded_model again from packaged photographs (ten hours by estimate, resumable)
	snakemake --cores $(CORES) --nolock --snakefile pretrain/Snakefile --rerun-triggers mtime params input
	python -m tools.model_card --model resources/embedded_model --into docs/model_card.md

clean:  ## remove results, the site and the environment
	rm -rf .venv .snakemake site results/embedded results/smoke

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is older than 3.11; run make PYTHON=/path/to/python3.11"; exit 1; }
	test -d .venv || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --editable . --constraint constraints.txt
	.venv/bin/python -m ldcore.compat
	touch $(READY)
