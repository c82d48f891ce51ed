#!/usr/bin/env bash
# Installs Debian's Chromium for test/browser and test/console, where it is missing and this is root on
# a system with apt-get. Never fails: without a browser those tests say in their name that they were not run.
set -uo pipefail

# Seconds for each of the two steps: a mirror that answers takes a few for each.
limit=120

if command -v chromium >/dev/null 2>&1; then
  echo "browser: $(command -v chromium) is there already"
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "browser: none, and no apt-get to install it with; the browser tests will say so"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "browser: none, and only root may install it (apt-get install chromium); the tests will say so"
  exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
echo "browser: installing Debian's chromium with apt-get, at most $((2 * limit)) s"
if timeout "$limit" apt-get update -qq >"$log" 2>&1 &&
  timeout "$limit" apt-get install -y -qq --no-install-recommends chromium >>"$log" 2>&1 &&
  command -v chromium >/dev/null 2>&1; then
  echo "browser: installed $(chromium --version 2>/dev/null || echo chromium)"
else
  echo "browser: not installed; the browser tests will say so. The last of apt-get's words:"
  tail -n 5 "$log"
fi
exit 0
