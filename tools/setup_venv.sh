#!/usr/bin/env bash
# Create or update an environment: tools/setup_venv.sh SET...
#
# The sets are the lock files without suffix: notebooks, tests. All that they name is pinned, with
# its hash. With LATEST=yes the newest packages within the bounds of pyproject.toml come instead.
#
# Called by the Makefile, which passes VENV, PYTHON, TORCH and TORCH_INDEX in the environment. No
# lock file has torch in it, so nothing pulls in a build with CUDA; torch comes on its own.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
if [ ! -x "$venv/bin/python" ]; then
    chosen=
    for candidate in ${PYTHON:-python3 python3.12 python3.13 python3.14 python3.11}; do
        if "$candidate" -c "$supported" 2>/dev/null; then chosen=$candidate; break; fi
    done
    if [ -z "$chosen" ]; then
        echo "setup: no Python 3.11 to 3.14 found (tried: ${PYTHON:-python3, python3.11 to python3.14});" \
            "name one with: make PYTHON=/path/to/python ..." >&2
        exit 1
    fi
    echo "setup: creating $venv with $("$chosen" --version)"
    "$chosen" -m venv "$venv" || {
        echo "setup: '$chosen -m venv' failed; on Debian and Ubuntu install python3-venv" >&2
        rm -rf "$venv"
        exit 1
    }
fi
python=$venv/bin/python
pip=("$python" -m pip install -qq --disable-pip-version-check)
uv=("$python" -m uv pip install --quiet --python "$python")

install_locked() {
    local files=() set
    for set in "$@"; do files+=(-r "locks/$set.txt"); done
    "${pip[@]}" --require-hashes -r locks/installers.txt
    echo "setup: installing what is locked for: $*"
    # uv needs seconds where pip needs minutes; pip is the fall-back where uv cannot reach its index.
    # What comes as source is built with the setuptools of the first step.
    # The files name all that is needed but torch, which comes after: so nothing is looked up.
    "${uv[@]}" --compile-bytecode --no-deps --require-hashes --no-build-isolation "${files[@]}" ||
        "${pip[@]}" --no-deps --require-hashes --no-build-isolation "${files[@]}"
}

install_kit() {
    "${uv[@]}" --no-deps --no-build-isolation --editable . ||
        "${pip[@]}" --no-deps --no-build-isolation --editable .
}

install_torch() {
    # One try with a short time-out: pip itself would retry an unreachable index for every package.
    local index=()
    if [ -n "${TORCH_INDEX:-}" ]; then
        if "$python" - "$TORCH_INDEX" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=5)
except urllib.error.HTTPError:
    pass  # it answers, if only to refuse this client; pip does not retry that
except OSError:
    sys.exit(1)
PYTHON
        then
            index=(--extra-index-url "$TORCH_INDEX")
        else
            echo "setup: $TORCH_INDEX does not answer; taking torch from pip's configured index"
        fi
    fi
    echo "setup: installing $TORCH"
    "${pip[@]}" ${index[@]+"${index[@]}"} "$TORCH"
    echo "$TORCH ${TORCH_INDEX:-}" > "$venv/torch-choice"
}

install_latest() {
    "${pip[@]}" --upgrade uv "setuptools>=77"
    install_torch
    "$python" - > "$venv/constraints.txt" <<'PYTHON'
from importlib.metadata import version
print(f"torch=={version('torch')}")
PYTHON
    echo "setup: installing the newest packages within the bounds of pyproject.toml"
    "${uv[@]}" --compile-bytecode --upgrade --constraint "$venv/constraints.txt" \
        --editable ".[dev,pages,docs,dask,oracles,browser]"
}

if [ -n "${LATEST:-}" ]; then
    install_latest
else
    install_locked "$@"
    [ "$(cat "$venv/torch-choice" 2>/dev/null)" = "$TORCH ${TORCH_INDEX:-}" ] || install_torch
    install_kit
fi
