#!/usr/bin/env bash
# Resolve pyproject.toml for every platform, with hashes and without any address of a registry.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=("$1" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate)
"${compile[@]}" --extra sandbox pyproject.toml --output-file requirements/run.lock
"${compile[@]}" --extra sandbox --group dev --constraint requirements/run.lock pyproject.toml --output-file requirements/dev.lock
"${compile[@]}" --group build --constraint requirements/run.lock --output-file requirements/build.lock
