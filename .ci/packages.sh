# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for those who source this
# The Debian (and Ubuntu) packages of Keyturn, in one place; sourced by
# quickstart, tests/run and .ci/run, and by docker/Dockerfile in its build.

# To build everything.
packages_build="build-essential cmake ninja-build pkg-config libuv1-dev libssl-dev
  libjansson-dev libsqlite3-dev libpq-dev libmariadb-dev libmariadb-dev-compat
  libcurl4-openssl-dev libinih-dev uuid-dev libsmartcols-dev libsystemd-dev
  node-llhttp scdoc tzdata ca-certificates"
# To run what was built, as on a machine without the development packages.
packages_run="libuv1 libssl3 libjansson4 libsqlite3-0 libpq5 libmariadb3 libcurl4 libinih1
  libuuid1 libsmartcols1 libsystemd0 tzdata ca-certificates"
# What quickstart rotates.
packages_demo="postgresql openssl"
# What the tests start and drive.
packages_test="$packages_demo mariadb-server libcmocka-dev g++ python3 python3-pytest
  python3-psycopg2 python3-pymysql python3-cryptography python3-boto3 awscli
  mandoc libaio1 libnuma1 libatomic1 sqlite3 curl clang llvm libclang-rt-dev"
# What tests/bench takes its samples with.
packages_bench="linux-perf"
# What tests/docker makes its base image of, and runs containers with.
packages_base_image="debootstrap debian-archive-keyring"
packages_docker="docker.io"
packages_compose="docker-compose"
# The static checks.
packages_check="clang-format clang-tidy cppcheck shellcheck"

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs what is missing of the named lists; says what it installs.  A name
# that this release does not have is tried under its other spelling (t64).
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' && continue
    dpkg-query -W -f='${Status}' "${name}t64" 2>/dev/null | grep -q 'install ok installed' && continue
    missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "== Installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get update -qq
  for name in "${!missing[@]}"; do
    apt-cache show "${missing[$name]}" >/dev/null 2>&1 || missing[name]="${missing[$name]}t64"
  done
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

# The newest PostgreSQL server's programs.
postgres_bin() {
  local found
  found=$(find /usr/lib/postgresql -maxdepth 2 -name bin -type d 2>/dev/null | sort -V | tail -n 1)
  [ -n "$found" ] || { echo "no PostgreSQL server below /usr/lib/postgresql" >&2; return 1; }
  echo "$found"
}
