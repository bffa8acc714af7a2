#!/bin/bash
# Behaves as the official postgres image does where compose.yaml asks it to:
# POSTGRES_PASSWORD, the scripts in /docker-entrypoint-initdb.d, and nothing
# but the socket until they ran.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  chown postgres: "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

bin=$(echo /usr/lib/postgresql/*/bin)
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  "$bin/initdb" -D "$PGDATA" -U postgres -A scram-sha-256 --no-sync \
    --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:?}") >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  "$bin/pg_ctl" -D "$PGDATA" -w -s -o "-c listen_addresses=''" start
  for script in /docker-entrypoint-initdb.d/*.sql; do
    PGPASSWORD=$POSTGRES_PASSWORD "$bin/psql" -X -q -v ON_ERROR_STOP=1 \
      -U postgres -f "$script"
  done
  "$bin/pg_ctl" -D "$PGDATA" -w -s -m fast stop
fi
exec "$bin/postgres" -D "$PGDATA"
