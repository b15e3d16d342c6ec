# A fresh Debian 12 with a real systemd, in namespaces of its own. To be sourced by a script that has $folder, a folder
# that it removes.
#
# Nothing of the machine is in it but the kernel: it has its own file system, network, process ids and control group.

tree=$folder/debian
group=

# Ends with 1 where this system gives no control group of version 2: make_group
make_group() {
  local top
  top=$(findmnt --noheadings --first-only --output TARGET --types cgroup2) || return 1
  mkdir "$top/hanotify-packages-$$" 2>/dev/null || return 1
  group=$top/hanotify-packages-$$
}

# Unpacks Debian 12 with systemd, of the mirror that apt uses: make_tree
#
# What mmdebstrap mounts there meanwhile, as /dev and /sys, is mounted for it alone: nobody else could remove it.
make_tree() {
  exec unshare --mount --propagation private --pid --fork --kill-child \
    mmdebstrap --quiet --variant=minbase --include=systemd \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Retries "3"' bookworm "$tree"
}

# What runs in the new namespaces until systemd does. No device of the machine is in the tree but these.
enter_tree='
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
# The settings of the kernel are those of the machine.
mount --bind "$1/proc/sys" "$1/proc/sys"
mount -o remount,bind,ro "$1/proc/sys"
mount -t sysfs -o ro sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
mount -t tmpfs -o mode=755 run "$1/run"
mount -t tmpfs -o mode=755 dev "$1/dev"
mkdir "$1/dev/pts" "$1/dev/shm" "$1/was"
for device in null zero full random urandom tty; do
  touch "$1/dev/$device"
  mount --bind "/dev/$device" "$1/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
cd "$1"
pivot_root . was
umount --lazy was
rmdir was
exec env -i container=hanotify PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal-or-kmsg
'

# Boots it, and waits until systemd says that it runs: boot
boot() {
  (
    echo "$BASHPID" >"$group/cgroup.procs"
    exec unshare --mount --pid --fork --kill-child --cgroup --uts --ipc --net bash -c "$enter_tree" bash "$tree"
  ) >"$folder/console" 2>&1 </dev/null &
  local outer=$!
  disown "$outer"
  local _
  for _ in $(seq 300); do
    init=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null || true)
    init=${init%% *}
    if [ -n "$init" ] && [ "$(within systemctl is-system-running 2>/dev/null)" = running ]; then
      return
    fi
    sleep 0.1
  done
  cat "$folder/console" >&2
  return 1
}

# Runs a command in it: within COMMAND…
within() {
  nsenter --target "$init" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"
}

# Ends it, if it runs: shut_down
shut_down() {
  [ -n "$group" ] || return 0
  local _
  for _ in $(seq 50); do
    find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs --no-run-if-empty kill -KILL 2>/dev/null || true
    if find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; then
      break
    fi
    sleep 0.1
  done
  group=
}
