#!/bin/sh
# Clients of Docker for the tests, as far as they are no packages of their own: Compose 2, Ansible's modules, dockerode.
# They lie in a folder beside the system's programs, which nothing else uses. Called by setup.sh; takes no time when all is there.
set -u

folder=/usr/local/lib/skein-lab
say() { printf 'setup: %s\n' "$*" >&2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debian 13's own package, which needs nothing but the C library; Debian 12's docker-compose is 1.29.
compose2() {
    mirror() { apt-get indextargets --format '$(REPO_URI) $(RELEASE)' | sed -n 's/ bookworm$//p' | head -1; }
    site=$(mirror)
    [ -n "$site" ] || { apt-get update -q >/dev/null; site=$(mirror); } # which knows nothing before its first update
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site trixie main" > "$work/sources.list"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    of_13() {
        apt-get -q -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
            -o Acquire::Languages=none -o APT::Sandbox::User=root "$@" >/dev/null 2>&1
    }
    (cd "$work" && of_13 update && of_13 download docker-compose && dpkg -x docker-compose_*.deb .) &&
        mv "$work/usr/libexec/docker/cli-plugins/docker-compose" $folder/docker-compose
}

# 2 MB of the 260 that Debian's package of all collections would take.
ansible_modules() {
    modules=./usr/lib/python3/dist-packages/ansible_collections/community/docker
    mkdir -p $folder/ansible_collections/community
    (cd "$work" && apt-get -q -o APT::Sandbox::User=root download ansible >/dev/null 2>&1 && dpkg --fsys-tarfile ansible_*.deb | tar -x $modules) &&
        mv "$work/$modules" $folder/ansible_collections/community/docker
}

# Only where there is an npm already: Debian's would bring 150 packages for one test.
lock=$(cd "$(dirname "$0")/.." && pwd)/tests/Skein.ClusterTests/Clients/dockerode/package-lock.json
dockerode() {
    cp "$(dirname "$lock")/package.json" "$lock" $folder &&
        npm ci --prefix $folder --ignore-scripts --no-audit --no-fund --silent || { rm -f $folder/package-lock.json; return 1; }
}

get() { # WHAT FUNCTION
    say "getting $1"
    mkdir -p $folder && $2 || say "there is no $1: its tests will be skipped"
}

[ -e /usr/libexec/docker/cli-plugins/docker-compose ] || [ -e $folder/docker-compose ] || get "Compose 2" compose2
[ -e $folder/ansible_collections/community/docker ] || get "community.docker for Ansible" ansible_modules
! command -v npm >/dev/null 2>&1 || cmp -s "$lock" $folder/package-lock.json || get dockerode dockerode
