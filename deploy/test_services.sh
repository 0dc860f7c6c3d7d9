#!/usr/bin/env bash
# What the tests need beside Python: Chromium and PostgreSQL. Installed where that takes no question, else left out:
# the tests that need them are then skipped with a line that says so.
set -uo pipefail
missing=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} for the tests ..."
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then exit 0; fi
fi
echo "Not installed here: ${missing[*]}. Tests that need them are skipped."
[ "${AIVOICECALLER_NO_SKIP:-}" != 1 ]
