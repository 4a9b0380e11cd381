#!/bin/bash
# The init of a lab host: pid 1 of its pid namespace, already in mount, uts, ipc, network and cgroup namespaces of its
# own. Gives the host a private /etc, /var, /run, /proc and /sys, then does what systemd does on a real machine: starts
# containerd and the Skein daemon, starts them again when they end, reaps orphans, and stays until the power goes.
#
#   host-init.sh HOST ADDRESS RESOLVER RUN DISK PROGRAM...
#
# RUN becomes /run: so the host's docker.sock is seen from outside. DISK holds what survives a power cut.

# Everything is one function, so that bash has read it whole before the mounts below change what lies under the file.
main() {
    local host=$1 address=$2 resolver=$3 run=$4 disk=$5
    shift 5
    # /proc is still the machine's: it shows our pid as the machine counts it. Field 22 tells a pid from its next user.
    local stat
    read -r -a stat < /proc/self/stat

    set -e
    mount --make-rprivate /
    let_go
    printf '%s' "$host" > /proc/sys/kernel/hostname
    mount_disk "$disk" "$run"
    mount_kernel
    name_host "$host" "$address" "$resolver"
    mount --make-rshared /          # as systemd leaves it: what a daemon mounts is seen by what it starts
    set +e

    ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"
    ip link set lo up
    echo 0 > /proc/sys/net/ipv4/ip_forward      # a fresh machine does not forward; who needs it turns it on
    export TMPDIR=/run/tmp

    supervise 1 /var/log/containerd.log containerd --config /run/containerd-config.toml &
    await_socket /run/containerd/containerd.sock
    supervise 0.1 /var/log/skein.log "$@" &
    printf '%s %s\n' "${stat[0]}" "${stat[21]}" > /run/.up      # seen outside as RUN/.up: the host has booted

    # bash reaps whatever is handed to pid 1; wait returns at once when nothing is left to wait for.
    while :; do wait; sleep 1; done
}

# Our copies of the machine's mounts would keep its namespaces and containers alive for as long as we run.
let_go() {
    local line id parent device root where options rest
    local -a mounts
    mapfile -t mounts < /proc/self/mountinfo    # all of it before the first change: the file is the list as it is now
    for line in "${mounts[@]}"; do
        read -r id parent device root where options rest <<< "$line"
        case "$where ${rest#*- }" in
            "/ "*) ;;
            *" nsfs "* | *" overlay "*) umount -l "$where" 2>/dev/null || true ;;
        esac
    done
}

mount_disk() { # DISK RUN
    mkdir -p "$1"/{etc,etc-work,lib,log,spool}
    # An overlay where the disk allows it; a copy where the disk is itself an overlay.
    if ! mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/etc-work" /etc 2>/dev/null; then
        [ -e "$1/etc/passwd" ] || cp -a /etc/. "$1/etc/"
        mount --bind "$1/etc" /etc
    fi
    mkdir -p "$2/tmp" "$2/lock" "$2/containerd"
    printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' > "$2/containerd-config.toml"
    mount --bind "$2" /run
    mount -t tmpfs tmpfs /dev/shm
    mount --bind "$1/log" /var/log
    mount --bind "$1/spool" /var/tmp
    mount --bind "$1/lib" /var/lib  # last: the disk itself lies below /var/lib
}

# /proc of our pids, /sys of our network, and the cgroup file systems rooted at our own cgroup, of version 1 or 2
# just as the machine has them.
mount_kernel() {
    local line id parent device root where options rest type source super
    local -a mounts=()
    while read -r id parent device root where options rest; do
        [[ $where == /sys/fs/cgroup* ]] || continue
        rest=${rest#*- }; read -r type source super <<< "$rest"
        [[ $type == cgroup || $type == cgroup2 ]] && mounts+=("$where $type $super")
    done < /proc/self/mountinfo

    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    if [[ ${mounts[0]} == "/sys/fs/cgroup cgroup2"* ]]; then
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        delegate_cgroup2
        return
    fi
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    for line in "${mounts[@]}"; do
        read -r where type super <<< "$line"
        mkdir -p "$where"
        if [[ $type == cgroup2 ]]; then mount -t cgroup2 cgroup2 "$where"; continue; fi
        # The super options begin with rw; what is left names the controllers, or none,name=… for a hierarchy without.
        super=$(tr ',' '\n' <<< "$super" | grep -vE '^(rw|ro|clone_children|xattr|release_agent=.*)$' | paste -sd,)
        [[ $super == name=* ]] && super=none,$super
        mount -t cgroup -o "$super" cgroup "$where"
    done
}

# Version 2 lets a cgroup have either processes or children with controllers: we move aside, as systemd's init.scope.
delegate_cgroup2() {
    mkdir -p /sys/fs/cgroup/init
    echo $$ > /sys/fs/cgroup/init/cgroup.procs
    local controller try
    for try in {1..50}; do      # the lab moves the process that waits for us out of this cgroup at the same time
        for controller in $(< /sys/fs/cgroup/cgroup.controllers); do
            echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control || continue 2
        done 2>/dev/null
        return
    done
}

name_host() { # HOST ADDRESS RESOLVER
    rm -f /etc/resolv.conf      # often a link into a /run that is no longer there
    printf 'nameserver %s\n' "$3" > /etc/resolv.conf
    printf '127.0.0.1 localhost\n::1 localhost\n%s %s\n' "$2" "$1" > /etc/hosts
    printf '%s\n' "$1" > /etc/hostname
}

supervise() { # PAUSE LOG COMMAND...   as Restart=always with RestartSec=PAUSE
    local pause=$1 log=$2
    shift 2
    while :; do
        "$@" >> "$log" 2>&1 < /dev/null
        printf 'init: %s ended with status %s\n' "$1" $? >> "$log"
        sleep "$pause"
    done
}

await_socket() {
    local try
    for try in {1..200}; do [ -S "$1" ] && return; sleep 0.05; done
}

main "$@"
