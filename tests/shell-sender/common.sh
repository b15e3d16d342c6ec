# What the tests with Neutron's shell monitor share. To be sourced by a script that has set $test to its name, and that
# stands in the root of the repository.
#
# Everything that is started or made here is ended and removed when the script ends, however it ends.

fail() {
  echo "$test: $*" >&2
  for log in "$folder"/*.log; do
    [ ! -s "$log" ] || { echo "--- $(basename "$log")"; tail -n 20 "$log"; } >&2
  done
  exit 1
}

# Namespaces and processes of this run alone, so that several may run side by side.
namespaces=()
groups=()
folder=$(mktemp -d)
finish() {
  set +e
  for group in "${groups[@]}"; do kill -KILL -- "-$group" 2>/dev/null; done
  for namespace in "${namespaces[@]}"; do
    # What has left its process group is still in its namespace.
    for pid in $(ip netns pids "$namespace" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null; done
    ip netns del "$namespace" 2>/dev/null
  done
  rm -rf "$folder"
}

# Ends this script quietly where it can't run, and sees to what it needs, named as for .ci/need: prepare
# TOOL[=PACKAGE]...
prepare() {
  if [ "$(id -u)" != 0 ]; then
    echo "$test: skipped: only root can make network namespaces"
    exit 0
  fi
  .ci/need "$@"
  trap finish EXIT
  trap 'exit 1' INT TERM
  if ! ip netns add "$test-$$" 2>/dev/null; then
    echo "$test: skipped: this system lets nobody make network namespaces"
    exit 0
  fi
  ip netns del "$test-$$"
}

# Sets $hanotify to the program to test, the one that is given or one that is built, and $monitor to the command of the
# released Neutron's shell monitor, or of hanotify's: find_programs [--own-monitor] [HANOTIFY]
find_programs() {
  local own=
  [ "${1:-}" != --own-monitor ] || { own=1; shift; }
  hanotify=${1:-$(.ci/program)}
  if [ -n "$own" ]; then
    monitor=("$hanotify" monitor)
  else
    monitor=(sh "$(.ci/venv neutron-29.0.0)/bin/neutron-keepalived-state-change")
  fi
}

# Makes a network namespace that is removed at the end: make_namespace NAME
make_namespace() {
  ip netns add "$1"
  namespaces+=("$1")
  ip -n "$1" link set lo up
}

# Starts a command in a process group of its own, with its output in a file; its process id is in $started: start NAME
# COMMAND...
start() {
  local name=$1
  shift
  setsid "$@" >"$folder/$name.out" 2>"$folder/$name.log" </dev/null &
  started=$!
  # The shell has no need to tell how it ended.
  disown "$started"
  groups+=("$started")
}

# Starts a server: its events come out in $folder/NAME.out, and senders find it in $folder/NAME: start_server NAME
start_server() {
  mkdir -p "$folder/$1"
  start "$1" "$hanotify" serve --socket "$folder/$1/keepalived-state-change" --format json
  wait_for 10 "the server to listen" grep -q '"event":"listening"' "$folder/$1.out"
}

# Starts a monitor as Neutron's agent does: start_monitor SERVER ROUTER_ID NAMESPACE INTERFACE CIDR
start_monitor() {
  mkdir -p "$folder/$1/conf"
  start "$1-monitor" "${monitor[@]}" --router_id "$2" --namespace "$3" --conf_dir "$folder/$1/conf" \
    --log-file "$folder/$1-monitor.log" --monitor_interface "$4" --monitor_cidr "$5" --pid_file "$folder/$1/pid" \
    --state_path "$folder/$1"
}

# The states that a server was told, in a line: states SERVER ROUTER_ID
states() {
  sed -n "s/^{\"event\":\"notified\",.*\"router_id\":\"$2\",\"state\":\"\([a-z]*\)\".*/\1/p" "$folder/$1.out" | xargs
}

# Waits until a command succeeds: wait_for SECONDS WHAT COMMAND...
wait_for() {
  local until=$(($(date +%s) + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$(date +%s)" -lt "$until" ] || fail "waited in vain for $what"
    sleep 0.05
  done
}
