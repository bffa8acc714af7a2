#!/bin/bash
# What the image starts: makes a store where there is none, then becomes
# keyturnd.  Once that answers, the plans in /etc/keyturn/plans are applied,
# their values read from /etc/keyturn/values.  Any other command is run as it
# is: docker run keyturn:local keyturn help
set -euo pipefail

plans=/etc/keyturn/plans
values=/etc/keyturn/values
store=${KEYTURN_STORE:-$KEYTURN_DATA_DIR/keyturn.db}

say() { printf 'keyturn-entrypoint: %s\n' "$*" >&2; }

banner() {
  cat >&2 <<'TEXT'

  ##########################################################################
  ##                                                                      ##
  ##  KEYTURN_DEV is set: DEVELOPMENT MODE.                               ##
  ##  Everybody knows the credentials of root.  They are:                 ##
  ##                                                                      ##
  ##    AWS_ACCESS_KEY_ID=AKIDKEYTURNDEVROOT00                            ##
  ##    AWS_SECRET_ACCESS_KEY=keyturn-development-root-not-a-secret-00    ##
  ##                                                                      ##
  ##  Keep nothing in here that is worth keeping secret.                  ##
  ##                                                                      ##
  ##########################################################################

TEXT
}

wait_until_ready() {
  local _
  for _ in $(seq 300); do
    keyturn status >/dev/null 2>&1 && return
    sleep 0.2
  done
  say "keyturnd does not answer after a minute: no plan was applied"
  return 1
}

apply_plans() {
  local plan files=("$plans"/*.json)
  [ -e "${files[0]}" ] || { say "no plan in $plans"; return; }
  wait_until_ready || return
  for plan in "${files[@]}"; do
    say "applying $plan"
    if keyturn apply --values-dir "$values" "$plan" >&2; then
      say "applied $plan"
    else
      say "$plan was NOT applied, see above; mend it and restart the container"
    fi
  done
}

if [ "${1:-}" != keyturnd ] || [ "${2:-run}" != run ]; then exec "$@"; fi

case "${KEYTURN_DEV:-no}" in 1 | [Yy]* | [Tt]* | [Oo][Nn]) banner ;; esac
if [ -e "$store" ]; then
  say "using the store at $store"
else
  say "there is no store at $store yet"
  keyturnd init >&2
fi
# keyturnd is process 1 from here on, and waits for this child.
apply_plans </dev/null &
exec "$@"
