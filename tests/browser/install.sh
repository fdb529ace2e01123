# Install Chromium for the browser tests where it lacks and the system lets us; never fail:
# without it those tests skip and say so.
set -u
if [ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ] || command -v chromium >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "browser tests: no Chromium, and it can't be installed here; they will skip" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null 2>&1; }
install || { apt-get update -q >/dev/null 2>&1 && install; } || \
  echo "browser tests: Chromium could not be installed; they will skip" >&2
exit 0
