#!/bin/bash
# Behaves as the official mariadb image does where compose.yaml asks it to:
# MARIADB_ROOT_PASSWORD, the scripts in /docker-entrypoint-initdb.d, and
# nothing but the socket until they ran.
set -euo pipefail

data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

if [ "$(id -u)" = 0 ]; then
  chown mysql: "$data"
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

if [ ! -d "$data/mysql" ]; then
  mariadb-install-db --datadir="$data" --skip-test-db \
    --auth-root-authentication-method=normal >/dev/null
  mariadbd --datadir="$data" --socket="$socket" --skip-networking &
  server=$!
  until mariadb-admin --socket="$socket" ping >/dev/null 2>&1; do
    kill -0 "$server"
    sleep 0.1
  done
  for script in /docker-entrypoint-initdb.d/*.sql; do
    mariadb --socket="$socket" -u root <"$script"
  done
  mariadb --socket="$socket" -u root <<SQL
CREATE USER root@'%' IDENTIFIED BY '${MARIADB_ROOT_PASSWORD:?}';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
ALTER USER root@localhost IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
SQL
  kill "$server"
  wait "$server"
fi
exec mariadbd --datadir="$data" --socket="$socket" --bind-address=0.0.0.0 \
  --skip-name-resolve
