#!/bin/sh
# Builds and runs the bench; see README.md. Raw samples go to out/bench.json.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "bench: the lab makes namespaces and mounts: run me as root" >&2; exit 1; }
if ! command -v iperf3 >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    install() { apt-get install -y -q --no-install-recommends iperf3 >/dev/null; }
    install 2>/dev/null || { apt-get update -q >/dev/null && install; }
fi
[ -x out/skein ] || make -s build
exec dotnet run --project bench/Skein.Bench -c Release -v q -- --skein "$PWD/out/skein" "$@"
