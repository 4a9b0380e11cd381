# `make` alone prints this list. Every goal takes care of its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/sh
SKEIN := out/skein
SOURCES := $(shell find src proto lab -type f -not -path 'src/*/bin/*' -not -path 'src/*/obj/*') Directory.Build.props Directory.Packages.props

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: help setup build test demo down bench fmt fmt-check clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | while IFS="$$(printf '\t')" read -r goal text; do printf '  make %-10s %s\n' "$$goal" "$$text"; done

setup: ## install what is needed from Debian's packages (as root)
	@scripts/setup.sh

build: setup $(SKEIN) ## publish the native program to out/skein

$(SKEIN): $(SOURCES)
	@echo "building the native program: some minutes, the first time also for its packages"
	dotnet publish src/Skein -c Release -v q -nologo -o out -p:RunAnalyzers=false    # every build of the tests runs them
	@touch $@
	@ls -l $@

demo: build ## raise three hosts and walk through everything, step by step
	@scripts/demo.sh

down: ## take the demo's lab down
	@[ -x $(SKEIN) ] || $(MAKE) -s build
	@$(SKEIN) lab down

test: build ## all three test projects (as root)
	@scripts/test.sh

bench: build ## Skein and, where dockerd is installed, Docker Swarm side by side (as root)
	@bench/run.sh

fmt: ## format the code
	dotnet format Skein.slnx

fmt-check: ## fail when the code is not formatted
	dotnet format whitespace . --folder --verify-no-changes --exclude out/

clean: ## remove what was built; a lab that is up is taken down
	@[ ! -x $(SKEIN) ] || $(SKEIN) lab down
	rm -rf out
	find src tests bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
