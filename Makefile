# `make lab` opens the course, `make test` runs all its tests. The first of them sets up .venv (some minutes, 6 GB);
# after that both start at once. TORCH=cpu at that first time takes PyTorch's CPU build: 1 GB, for machines without a GPU.
# Where there is no make (Windows), README.md has the same steps as plain commands.

.PHONY: lab test bench course solutions weights requirements

# the stamp is written last, so an interrupted set-up is begun again; it remembers which torch, and where the folder was
TORCH ?= $(or $(patsubst .venv/ready-%,%,$(wildcard .venv/ready-*)),registry)
READY := .venv/ready-$(TORCH)
python := .venv/bin/python
# nbgrader calls a program by its name, and so does whoever opens a terminal in JupyterLab
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# JupyterLab asks nothing, fetches no news and looks for no update (the defaults in utils/classroom/lab say so; what you
# have set in it yourself counts before them), and of what it has to say the errors are shown
LAB = --LabApp.default_url=/lab/tree/course/00_start_here.ipynb \
	--LabApp.app_settings_dir="$(CURDIR)/utils/classroom/lab" --KernelManager.transport_encryption=auto \
	--log-level=ERROR --LabApp.log_level=ERROR

lab: $(READY)
	@flags=; case "$$(uname -s)$$DISPLAY$$WAYLAND_DISPLAY$$BROWSER" in Linux) flags=--no-browser ;; esac; \
	if [ "$$(id -u)" = 0 ] && [ -e /.dockerenv -o -e /run/.containerenv ]; then flags="$$flags --allow-root"; fi; \
	exec $(python) -m jupyterlab $(LAB) $$flags

test: $(READY)
	$(python) -m ruff check .
	$(python) -m ruff format --check --quiet . || { echo "not in the one format: run $(python) -m ruff format ." && exit 1; }
	OMP_NUM_THREADS=1 $(python) -m pytest -n 2 --dist worksteal --durations 12  # two workers of one thread each

bench: $(READY)      # the table of times in README.md, measured anew: ten minutes, on a machine that does nothing else
	$(python) tests/bench.py --write

course: $(READY)     # the learner's notebooks, made anew from solutions/
	$(python) -m utils.classroom.course

solutions: $(READY)  # every solution executed, then the learner's notebooks
	$(python) -m utils.classroom.course --run

# A network trained anew; which, and from what: make weights NETWORK=full DATA=photographs PHOTOS=folder
NETWORK = small
DATA = hands
PHOTOS =
weights: $(READY)
	$(python) -m utils.rps.training --network $(NETWORK) --data $(DATA) $(if $(PHOTOS),--photos "$(PHOTOS)")

requirements:        # the pinned set for every platform and Python; needs uv. Delete it first to take newer versions.
	uv pip compile pyproject.toml --universal --no-annotate --no-header --no-emit-index-url --output-file requirements.txt

# A folder that was moved and a Python that is gone leave a .venv that cannot be mended: it is made anew.
ifneq ($(shell $(python) -c "print(open('$(READY)').read())" 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif
ifneq ($(TORCH),registry)
ifneq ($(TORCH),cpu)
$(error TORCH is "$(TORCH)": leave it out for the build the registry has, or say TORCH=cpu)
endif
endif

pip = $(python) -m pip --disable-pip-version-check install

$(READY): requirements.txt
	@for python in python3 python3.15 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; python=; done; \
	if [ -z "$$python" ]; then \
	  echo "The course needs Python 3.11 or newer; python3 here is: $$(python3 --version 2>&1). See https://www.python.org/downloads" >&2; \
	  exit 1; fi; \
	echo "Setting up .venv with $$($$python --version): this takes some minutes, once."; \
	$$python -m venv --clear .venv
ifeq ($(TORCH),cpu)
	$(pip) --no-deps --index-url https://download.pytorch.org/whl/cpu $(shell grep -E '^torch(vision)?==' requirements.txt)
	grep -vE '^(cuda|nvidia|triton)' requirements.txt >.venv/requirements.txt
	$(pip) -r .venv/requirements.txt -e .
else
	$(pip) -r requirements.txt -e .
endif
	@printf '%s\n' "$(CURDIR)" >$@
