# Senders in the container, and what became of their notifications. To be sourced by tests/packages/run.

burst=/root/packages/hanotify
id=9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10
# How many notifications have got 200 so far.
accepted=0

# One sender.
notify() {
  within "$burst" send --router-id "$id" --state primary || fail "the notification was not taken"
  accepted=$((accepted + 1))
}

# The user of the service's process.
runs_as() {
  within sh -c 'stat -c %u /proc/$(systemctl show --value --property MainPID hanotify)'
}

# 1,000 senders at once that don't wait where the backlog is full, as curl does; each of their notifications has to get
# 200: send_burst FLAPS
send_burst() {
  local report
  report=$(within "$burst" burst --routers 1000 --flaps "$1" --no-wait --format json) || fail "burst: $report"
  case $report in
    *'"refused":0,'*'"lost":0,'*'"unreachable":0,'*'"backlog_full":0,'*) ;;
    *) fail "burst: $report" ;;
  esac
  accepted=$((accepted + $(sed 's/.*"accepted":\([0-9]*\).*/\1/' <<<"$report")))
}

# How many servers have been started, and how many events the journal has of all.
journal() {
  within journalctl --unit hanotify --output cat >"$folder/journal"
  servers=$(grep -c '"event":"listening"' "$folder/journal")
  events=$(grep -c '"event":"notified"' "$folder/journal")
}

# Every notification that has got 200 is in the journal: expect_all WHAT
expect_all() {
  within journalctl --sync
  journal
  [ "$events" = "$accepted" ] || fail "$1: the journal has $events events of $accepted"
}

# More than the journal takes of a service by default.
journal_keeps_all() {
  send_burst 99
  expect_all "100,000 at once"
  passed "each of $accepted events is in the journal"
}

# 1,000 senders again and again while this happens: under_load COMMAND…
under_load() {
  local begun=$accepted was status=0
  journal
  was=$servers
  "$@" >"$folder/command.log" 2>&1 &
  local command=$!
  while kill -0 "$command" 2>/dev/null; do
    send_burst 3
  done
  wait "$command" || status=$?
  [ "$status" = 0 ] || fail "$*: $(cat "$folder/command.log")"
  send_burst 0
  expect_all "$*"
  [ "$servers" -gt "$was" ] || fail "$*: the service was not restarted"
  sent=$((accepted - begun))
  restarts=$((servers - was))
}

upgrade_under_load() { # PACKAGE
  under_load within dpkg --install "/root/packages/$1"
  passed "upgraded under load: of $sent notifications none was refused or lost, and each is in the journal"
}

restart_under_load() {
  under_load within sh -c 'for time in 1 2 3 4 5 6 7 8 9 10; do systemctl restart hanotify.service; done'
  passed "$restarts restarts under load: of $sent notifications none was refused or lost"
}
