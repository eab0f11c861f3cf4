# Every target says here what it does; `make` alone prints this list. Each calls a script or one command.
.DEFAULT_GOAL := help
.PHONY: help demo demo-shell demo-clean build release install test lint format

PREFIX ?= /usr/local

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## three guests on a network, in a namespace of their own
	@scripts/demo

demo-shell: ## a shell in the demo's namespace, with lodge on the PATH
	@scripts/demo-shell

demo-clean: ## remove all of the demo
	@scripts/demo-clean

build: ## lodge for development, in .build/debug
	@scripts/setup
	swift build --product lodge

release: ## lodge for use, in .build/release: optimised, needs no Swift on the host
	@scripts/setup
	swift build -c release --static-swift-stdlib --product lodge

install: ## copy the release to PREFIX/bin (/usr/local/bin)
	install -D -m 755 .build/release/lodge $(DESTDIR)$(PREFIX)/bin/lodge

test: ## every test, those with real guests included
	@scripts/test

lint: ## what the tests check about style
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## rewrite the sources in the project's style
	swift format --in-place --parallel --recursive Sources Tests Package.swift
