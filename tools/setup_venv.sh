#!/usr/bin/env bash
# Create or update .venv: tools/setup_venv.sh EXTRAS
#
# Called by the Makefile, which passes PYTHON, TORCH and TORCH_INDEX in the environment. Torch comes
# first and is then held in place, so that nothing else pulls in a build with CUDA.
set -euo pipefail
cd "$(dirname "$0")/.."
extras=$1
venv=.venv

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
if [ ! -x $venv/bin/python ]; then
    chosen=
    for candidate in ${PYTHON:-python3 python3.12 python3.13 python3.11}; do
        if "$candidate" -c "$supported" 2>/dev/null; then chosen=$candidate; break; fi
    done
    if [ -z "$chosen" ]; then
        echo "setup: no Python 3.11 to 3.13 found (tried: ${PYTHON:-python3, python3.11 to python3.13});" \
            "name one with: make PYTHON=/path/to/python ..." >&2
        exit 1
    fi
    echo "setup: creating $venv with $("$chosen" --version)"
    "$chosen" -m venv $venv || {
        echo "setup: '$chosen -m venv' failed; on Debian and Ubuntu install python3-venv" >&2
        rm -rf $venv
        exit 1
    }
fi
python=$venv/bin/python

# One try with a short time-out: pip itself would retry an unreachable index for every package.
index=()
if [ -n "${TORCH_INDEX:-}" ]; then
    if $python - "$TORCH_INDEX" <<'PYTHON'
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
$python -m pip install -qq --disable-pip-version-check ${index[@]+"${index[@]}"} "$TORCH" uv

$python - > $venv/constraints.txt <<'PYTHON'
from importlib.metadata import version
print(f"torch=={version('torch')}")
PYTHON
echo "$TORCH ${TORCH_INDEX:-}" > $venv/torch-choice

# uv needs seconds where pip needs minutes; pip is the fall-back where uv cannot reach its index.
echo "setup: installing renaissance_kit[$extras]"
$python -m uv pip install --quiet --python $python --compile-bytecode \
    --constraint $venv/constraints.txt --editable ".[$extras]" ||
    $python -m pip install -qq --disable-pip-version-check \
        --constraint $venv/constraints.txt --editable ".[$extras]"
