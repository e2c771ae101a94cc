#!/bin/sh
# Prints the first Python >= 3.12 it finds, or says in one sentence what to install.
# Uses shell builtins only. PYTHON=/path/to/python3 overrides the search.

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.14 python3.12 python3 python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3 \
    "$HOME"/.local/share/uv/python/cpython-3.1[2-9]*/bin/python3; do
    if new_enough "$candidate"; then
        echo "$candidate"
        exit 0
    fi
done

echo "incontext needs Python 3.12 or newer and found none: install Python 3.13 (for example 'apt install python3.13-venv', 'pyenv install 3.13' or 'uv python install 3.13') and run make again, or name one with PYTHON=/path/to/python3." >&2
exit 1
