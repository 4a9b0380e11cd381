#!/bin/bash
# The walk: three hosts, one swarm, one overlay network, driven by the stock docker CLI. Prints each command before its
# output; stops at the first that fails. `make demo` builds the program first.
set -u
cd "$(dirname "$0")/.."
skein=out/skein
h1=unix:///run/skein-lab/h1/docker.sock h2=unix:///run/skein-lab/h2/docker.sock h3=unix:///run/skein-lab/h3/docker.sock
if [ -t 1 ]; then bold=$'\e[1m' cyan=$'\e[36m' red=$'\e[31m' plain=$'\e[0m'; else bold='' cyan='' red='' plain=''; fi
number=0

step() { number=$((number + 1)); printf '\n%s%d. %s%s\n' "$bold" "$number" "$1" "$plain"; }
say() { printf '   %s\n' "$*"; }
give_up() {
    printf '%sfailed: %s%s\n' "$red" "$1" "$plain"
    say "the lab is still up: look around, then: make down"
    exit 1
}

# Commands are given as one line of shell, printed as they would be typed.
run() {
    printf '%s$ %s%s\n' "$cyan" "$1" "$plain"
    eval "$1" || give_up "$1"
}

# The same for a state that comes about a little later: tried until it holds, shown once.
eventually() { # SECONDS WHAT TEST
    local deadline=$((SECONDS + $1)) start=${EPOCHREALTIME/./}
    until eval "$3" > /dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || give_up "$2: not within $1 s"
        sleep 0.1
    done
    say "$2 after $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
}
# The CLI's own waiting is for a terminal: it draws bars there and prints hundreds of lines elsewhere. Hence --detach, and `eventually`.
updated() { [ "$(docker -H "$h1" service inspect "$1" --format '{{.UpdateStatus.State}}')" = completed ]; }
running() { [ "$(docker -H "$h1" service ps "$1" --filter desired-state=running --format '{{.CurrentState}}' | grep -c '^Running')" = "$2" ]; }
container() { docker -H "$1" ps --quiet --filter "label=com.docker.swarm.service.name=$2" | head -1; }

[ "$(id -u)" = 0 ] || give_up "the lab makes namespaces and mounts: run make demo as root"
# Of an earlier demo; only the second is there when the machine was booted anew since.
[ ! -e /run/skein-lab ] && [ ! -e /var/lib/skein-lab ] || run "$skein lab down"

step "Three hosts on a LAN of their own, each with containerd and a Skein daemon"
run "$skein lab up --hosts 3"
run "$skein lab ps"
say "h1, h2 and h3 below stand for the hosts' sockets:"
for h in h1 h2 h3; do printf '%sexport %s=%s%s\n' "$cyan" "$h" "${!h}" "$plain"; done

step "One swarm: the first host makes it, the others join"
run 'docker -H $h1 swarm init --advertise-addr 192.168.56.11'
run 'token=$(docker -H $h1 swarm join-token --quiet worker)'
run 'docker -H $h2 swarm join --token $token 192.168.56.11:2377'
run 'docker -H $h3 swarm join --token $token 192.168.56.11:2377'
eventually 10 "three nodes are ready" '[ "$(docker -H $h1 node ls --format "{{.Status}}" | grep -c Ready)" = 3 ]'
run 'docker -H $h1 node ls'
run 'docker -H $h1 info --format "{{.Swarm.LocalNodeState}}: {{.Swarm.Managers}} manager, {{.Swarm.Nodes}} nodes, this is {{.Swarm.NodeAddr}}"'

step "An overlay network: one subnet over all hosts"
run 'docker -H $h1 network create --driver overlay --attachable demo'
run 'docker -H $h1 network ls'
run 'docker -H $h1 network inspect demo --format "{{.Driver}} {{.Scope}} {{(index .IPAM.Config 0).Subnet}}"'

step "A service of two replicas on it, and one to call from"
run 'docker -H $h1 service create --detach --replicas 2 --name httpd --network demo httpd:latest'
eventually 20 "two replicas run" 'running httpd 2'
run 'docker -H $h1 service create --detach --mode global --name client --network demo busybox sleep 100000'
eventually 20 "one runs on every host" 'running client 3'
run 'docker -H $h1 service ls'
run 'docker -H $h1 service ps httpd'

step "What a container sees: its leg on the overlay, its way out, its resolver"
for h in h1 h2 h3; do c=$(container "${!h}" httpd); [ -z "$c" ] || break; done
run "docker -H \$$h exec $c ip addr"
run "docker -H \$$h exec $c ip route"
run "docker -H \$$h exec $c cat /etc/resolv.conf"

step "By name, from another host: the service's virtual address, its tasks, and what does not exist"
caller=$(container "$h3" client)
run "docker -H \$h3 exec $caller nslookup httpd"
run "docker -H \$h3 exec $caller nslookup tasks.httpd"
run "! docker -H \$h3 exec $caller nslookup nothing"

step "The virtual address balances over the tasks of every host"
run "for i in 1 2 3 4 5 6 7 8; do docker -H \$h3 exec $caller wget -q -O - http://httpd/ | grep -o 'container [^,]*'; done | sort | uniq -c"

step "Published: every host answers, also one without a task, and the container sees the client's address"
run 'docker -H $h1 service update --detach --publish-add 8080:80 httpd'
eventually 30 "the update is complete" 'updated httpd'
for n in 1 2 3; do
    eventually 10 "host $n answers" "$skein lab exec lan -- curl -sf -m 2 http://192.168.56.1$n:8080/"
    run "$skein lab exec lan -- curl -s http://192.168.56.1$n:8080/"
done
run "$skein lab exec h1 -- curl -s http://127.0.0.1:8080/"

step "More of it, and a change, one task after the other"
run 'docker -H $h1 service scale --detach httpd=4'
eventually 20 "four replicas run" 'running httpd 4'
run 'docker -H $h1 service update --detach --env-add COLOUR=green httpd'
eventually 60 "the update is complete" 'updated httpd && running httpd 4'
run 'docker -H $h1 service ps httpd --filter desired-state=running'
run 'docker -H $h1 service inspect --pretty httpd'

step "A stack: services, a secret, a config and a volume, from one file"
mkdir -p out/demo
printf 'correct horse battery staple\n' > out/demo/password
printf 'From a config: the same file in every container.\n' > out/demo/page.html
cat > out/demo/shop.yml <<'STACK'
version: "3.8"
services:
  shop:
    image: httpd
    ports: [ "8090:80" ]
    secrets: [ password ]
    configs: [ { source: page, target: /usr/local/apache2/htdocs/page.html } ]
    volumes: [ "orders:/orders" ]
    deploy: { replicas: 2 }
secrets: { password: { file: ./password } }
configs: { page: { file: ./page.html } }
volumes: { orders: }
STACK
run 'cat out/demo/shop.yml'
run 'docker -H $h1 stack deploy --detach=true --compose-file out/demo/shop.yml shop'
eventually 30 "two replicas run" 'running shop_shop 2'
run 'docker -H $h1 stack services shop'
for h in h1 h2 h3; do c=$(container "${!h}" shop_shop); [ -z "$c" ] || break; done
run "docker -H \$$h exec $c sh -c 'ls -l /run/secrets/password; cat /run/secrets/password; echo order 1 >> /orders/list'"
eventually 10 "a host answers with the config's page" "$skein lab exec lan -- curl -sf -m 2 http://192.168.56.13:8090/page.html"
run "$skein lab exec lan -- curl -s http://192.168.56.13:8090/page.html"
run 'docker -H $h1 stack rm shop'
eventually 30 "its containers are gone" '[ -z "$(for h in $h1 $h2 $h3; do container $h shop_shop; done)" ]'
run "docker -H \$$h volume ls"

step "A container dies: another takes its place"
victim=$(container "$h2" httpd)
run "docker -H \$h2 kill $victim"
eventually 10 "it is noticed" '! docker -H $h2 ps --quiet --no-trunc | grep -q '"$victim"
eventually 20 "four replicas run again" 'running httpd 4'

step "The daemon dies: no container notices, and it manages them as before when it is back"
run 'docker -H $h2 ps --format "{{.ID}} {{.Status}} {{.Names}}"'
run "$skein lab exec h2 -- pkill -KILL -x skein"
eventually 10 "the daemon's successor answers" 'docker -H $h2 version'
run 'docker -H $h2 ps --format "{{.ID}} {{.Status}} {{.Names}}"'

step "A host loses its power: its tasks run elsewhere; it comes back without ghosts"
run "$skein lab kill h3"
eventually 15 "the node is known to be down" '[ "$(docker -H $h1 node ls --filter name=h3 --format "{{.Status}}")" = Down ]'
eventually 15 "four replicas run" 'running httpd 4'
run 'docker -H $h1 node ls'
run 'docker -H $h1 service ps httpd --filter desired-state=running'
run "$skein lab start h3"
eventually 15 "the node is ready" '[ "$(docker -H $h1 node ls --filter name=h3 --format "{{.Status}}")" = Ready ]'
run 'docker -H $h1 node ls'
run 'docker -H $h3 ps'

step "Out of sight: a service and its network go"
run 'docker -H $h1 network create --driver overlay passing'
run 'docker -H $h1 service create --detach --name passing --network passing nginx'
eventually 20 "it runs" 'running passing 1'
run 'docker -H $h1 service rm passing'
eventually 20 "the network is not in use any more" 'docker -H $h1 network rm passing'
run 'docker -H $h1 network ls --filter driver=overlay'

cat <<END

${bold}That was the walk.${plain} The lab is still up; go on by hand:

   export h1=$h1
   docker -H \$h1 service ls
   docker -H \$h1 service scale httpd=20
   $skein lab exec lan -- curl http://192.168.56.13:8080/
   $skein lab exec h2 -- bash              a shell in the host h2
   $skein lab logs h1 --follow             what its daemon says
   $skein lab pause h2; $skein lab resume h2; $skein lab kill h3; $skein lab start h3

Take it down:

   make down
END
