#!/bin/sh
# Makes .venv from a hashed lock: on any Debian with Python 3.11 to 3.13, root or not, with or without
# pip. Nothing is installed on the system. Run from the checkout: `make run` asks for what running needs
# (requirements.lock), `make env` for the developers' tools as well (requirements-dev.lock).
set -eu
want=${1:-dev}

say() { # Indonesian, English
    case "${HOTLINE_LANGUAGE:-id}" in en) printf '%s\n' "$2" ;; *) printf '%s\n' "$1" ;; esac
}

stamp=$(cat requirements*.lock pyproject.toml config/make-env.sh | sha256sum | cut -c1-16)
have=$(cat .venv/stamp 2>/dev/null || true)
[ "$have" = "$stamp dev" ] && exit 0
[ "$have" = "$stamp $want" ] && exit 0
case $want in
    run) lock=requirements.lock megabytes=115 ;;
    *) lock=requirements-dev.lock megabytes=220 ;;
esac

usable() { # a Python that runs and is of a version the lock was made for
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}
python=
for candidate in python3 python3.13 python3.12 python3.11; do
    if usable "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    say "Python 3.11 sampai 3.13 tidak ditemukan. Pasang dahulu: apt-get install python3" \
        "There is no Python 3.11 to 3.13. Install one first: apt-get install python3" >&2
    exit 1
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

debian_pip() { # pip from Debian's own wheel package, unpacked and not installed
    mkdir -p "$scratch/state/lists/partial" "$scratch/cache/archives/partial"
    : > "$scratch/status"
    cat > "$scratch/apt.conf" <<END
Dir::State "$scratch/state"; Dir::State::status "$scratch/status"; Dir::Cache "$scratch/cache";
APT::Sandbox::User ""; Debug::NoLocking "true"; Acquire::Languages "none";
END
    (
        cd "$scratch"
        export APT_CONFIG="$scratch/apt.conf"
        apt-get -qq update && apt-get -qq download python3-pip-whl python3-setuptools-whl
    ) || return 1
    for deb in "$scratch"/*.deb; do dpkg-deb -x "$deb" "$scratch/root"; done
    ls "$scratch"/root/usr/share/python-wheels/pip-*.whl
}

rm -rf .venv
if "$python" -c 'import ensurepip, venv' 2>/dev/null && "$python" -m venv .venv 2>/dev/null; then
    pip=".venv/bin/python -m pip"
else
    say "Python ini tanpa pip; mengambil pip dari Debian (2 MB, tidak dipasang)." \
        "This Python has no pip; fetching pip from Debian (2 MB, not installed)."
    rm -rf .venv
    "$python" -m venv --without-pip .venv
    if ! wheel=$(debian_pip); then
        say "pip tidak dapat diambil. Pasang dahulu: apt-get install python3-venv" \
            "pip cannot be had. Install it first: apt-get install python3-venv" >&2
        exit 1
    fi
    pip=".venv/bin/python $wheel/pip"
fi

total=$(grep -c '^[a-zA-Z0-9]' "$lock")
say "Mengambil paket Python yang terkunci (sekitar $megabytes MB, sekali saja)." \
    "Fetching the locked Python packages (about $megabytes MB, once)."
failed=$scratch/failed
{ $pip install --disable-pip-version-check --require-hashes -r "$lock" 2>"$scratch/errors" || : > "$failed"; } |
    awk -v total="$total" '/^Collecting/ { printf "\r  %d / %d", ++n, total; fflush() } END { print "" }'
if [ -e "$failed" ]; then
    tail -5 "$scratch/errors" >&2
    say "Paket Python tidak dapat diambil. Periksa jaringan dan pengaturan pip." \
        "The Python packages cannot be had. Check the network and pip's settings." >&2
    exit 1
fi
$pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
printf '%s %s\n' "$stamp" "$want" > .venv/stamp
