# Build the wheel, install it into a clean environment, run it from another directory.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps -c "$here/constraints.txt" -w "$work" "$here"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check -c "$here/constraints.txt" "$work"/crmclean-*.whl
cd "$work"
export CRMCLEAN_STATE="$work/state" NUMBA_CACHE_DIR="$work/cache"
env/bin/crmclean --version
env/bin/crmclean --help --lang ru | grep -q 'Примеры'
env/bin/crmclean demo --scale 0.002 -o "$work/demo" --lang ru
test -s "$work/demo/scan/report.html"
env/bin/crmclean scan "$here/data_samples/amocrm" --quiet -o "$work/out"
test -s "$work/out/summary.json"
echo "wheel: installed, and ran from another directory"
