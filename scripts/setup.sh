#!/bin/sh
# Installs what Skein, its lab and its tests need, all of it from Debian's own packages (12 and 13).
# Runs as root; changes nothing and takes no time when all is there. No service is left running that
# a package's post-installation started: the lab starts its own containerd, etcd and registry.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }

# A command (or a file) tells whether the package is needed: what came from elsewhere, as docker-ce, counts too.
wanted=""
need() { # PACKAGE COMMAND-OR-FILE
    case $2 in
        /*) for found in $2; do [ -e "$found" ] && return 0; done ;;
        *) command -v "$2" >/dev/null 2>&1 && return 0 ;;
    esac
    wanted="$wanted $1"
}

PATH=$PATH:/usr/sbin:/sbin
need containerd containerd
need runc runc
need etcd-server etcd
need nftables nft
need libnftables1 "/usr/lib/*/libnftables.so.1"
need iproute2 ip
need util-linux nsenter
need procps pkill
need docker-registry docker-registry
need busybox-static busybox
need iptables iptables             # this and the next three for the tests
need iputils-ping ping
need python3-docker /usr/lib/python3/dist-packages/docker
need docker-compose "/usr/bin/docker-compose /usr/libexec/docker/cli-plugins/docker-compose"
need ansible-core ansible-playbook
need bind9-dnsutils dig
need curl curl
need jq jq
need make make
need ca-certificates /etc/ssl/certs/ca-certificates.crt
need clang clang                 # NativeAOT links with clang and lld
need lld ld.lld
need zlib1g-dev "/usr/include/zlib.h"

# The docker command: a package of its own from Debian 13 on, within docker.io before.
if ! command -v docker >/dev/null 2>&1; then
    if apt-cache show docker-cli >/dev/null 2>&1; then wanted="$wanted docker-cli"; else wanted="$wanted docker.io"; fi
fi

if [ -n "$wanted" ]; then
    [ "$(id -u)" = 0 ] || { say "missing:$wanted; run me as root to install them"; exit 1; }
    say "installing$wanted"
    # policy-rc.d is how Debian is told not to start what it installs; one that is already there stays in force.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' > $policy
        chmod 755 $policy
    fi
    export DEBIAN_FRONTEND=noninteractive
    install() { apt-get install -y -q --no-install-recommends $wanted >/dev/null; }
    install 2>/dev/null || { apt-get update -q >/dev/null && install; }
    # Nor at the next boot: the registry, etcd and dockerd are there for the lab and the bench alone.
    if command -v systemctl >/dev/null 2>&1; then
        for unit in docker-registry etcd docker; do
            case " $wanted " in
                *" $unit"* | *" ${unit}.io"*) systemctl disable "$unit" >/dev/null 2>&1 || true ;;
            esac
        done
    fi
fi

# What the tests drive a host with, and no package of Debian 12 has. They say that they were skipped where it could not be had.
sh "$(dirname "$0")/setup-clients.sh"

if ! command -v dotnet >/dev/null 2>&1; then
    say "the .NET 10 SDK is missing: see https://learn.microsoft.com/dotnet/core/install/linux-debian"
    exit 1
fi
say "everything needed is installed"
