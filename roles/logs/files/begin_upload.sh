#!/bin/sh
# begin-upload HOURS: a machine that has sent nothing yet begins with the last hours of its journal, not with all of it.
set -eu
state=$STATE_DIRECTORY/state
[ ! -s "$state" ] || exit 0
journalctl ${JOURNAL:+"--directory=$JOURNAL"} --quiet --since="-${1}h" --output=export --output-fields=_BOOT_ID |
  sed -n '/^__CURSOR=/{s/^__CURSOR=/LAST_CURSOR=/p;q}' >"$state"
