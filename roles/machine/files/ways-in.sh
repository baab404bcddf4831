#!/bin/sh
# What lets connections in (UFW's rules, sshd's settings) is changed behind a roll-back: `save SECONDS` keeps it as it is, and puts it back
# after this time or at the next boot, whichever comes first, unless `keep` was called before. `undo` is what puts it back.
set -u
state=${WAYS_IN_STATE:-/var/lib/plannerate/ways-in}
files='/etc/ufw/ufw.conf /etc/default/ufw /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ssh/sshd_config.d/00-machine.conf'
root=${WAYS_IN_ROOT:-}

save() {
  install -d -m 0700 "$state" || return
  # What a run that ended early changed is not saved over what let somebody in before it.
  if [ ! -e "$state/saved" ] && [ ! -e "$state/undoing" ]; then
    rm -rf "$state/new" "$state/kept"
    for file in $files; do
      mkdir -p "$state/new$(dirname "$file")" || return
      [ ! -e "$root$file" ] || cp --preserve "$root$file" "$state/new$file" || return
    done
    mv "$state/new" "$state/saved" || return
  fi
  systemctl stop machine-ways-in.timer 2>/dev/null
  systemd-run --quiet --collect --unit=machine-ways-in.service --on-active="$1" --timer-property=AccuracySec=1s
}

# The name is what counts: of `keep` and `undo` one gets it.
keep() {
  mv "$state/saved" "$state/kept" || return
  systemctl stop machine-ways-in.timer 2>/dev/null
  rm -rf "$state"
}

undo() {
  [ -e "$state/undoing" ] || mv "$state/saved" "$state/undoing" 2>/dev/null || return 0
  enabled=yes
  for file in $files; do
    if [ ! -e "$state/undoing$file" ]; then
      rm -f "$root$file"
    elif ! { cp --preserve "$state/undoing$file" "$root$file.undoing" && mv "$root$file.undoing" "$root$file"; }; then
      enabled=
    fi
  done
  grep -q '^ENABLED=yes' "$root/etc/ufw/ufw.conf" || enabled=
  # A firewall that does not get what it had before, as on a full disk, is in the way of whoever repairs it.
  { [ -n "$enabled" ] && ufw reload; } || ufw disable
  systemctl try-reload-or-restart ssh.service
  rm -rf "$state"
}

case ${1:-} in
save) save "$2" ;;
keep | undo) "$1" ;;
*)
  echo "usage: machine-ways-in save SECONDS | keep | undo" >&2
  exit 2
  ;;
esac
