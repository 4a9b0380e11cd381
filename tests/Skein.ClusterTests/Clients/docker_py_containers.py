"""Containers of users, and what is around them, as a program sees them that uses Docker's client for Python.

docker_py_containers.py SOCKET ADDRESS [CLASS]: the engine's socket. Ends with status 0 when all is as Docker has it.
"""
import io
import socket
import tarfile
import threading
import time
import unittest

import docker
from docker import types

from docker_py import PATIENCE, SLEEP, SOCKET, refused, until

MINE = {"by": "program"}


def archive(name, content):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = len(content), 0o640, 1_700_000_000
        tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def content(chunks):
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


class User(unittest.TestCase):
    refused = refused

    @classmethod
    def setUpClass(cls):
        cls.client = docker.DockerClient(base_url=f"unix://{SOCKET}", version="auto", timeout=PATIENCE)
        cls.client.images.pull("busybox", tag="latest")

    @classmethod
    def tearDownClass(cls):
        cls.client.close()

    def tearDown(self):
        for container in self.client.containers.list(all=True, filters={"label": "by=program"}):
            container.remove(force=True, v=True)
        self.client.networks.prune({"label": "by=program"})

    def run_on(self, command=SLEEP, **more):
        return self.client.containers.run("busybox", command, detach=True, init=True, labels=MINE, **more)

    def run_to_its_end(self, command, **more):
        return self.client.containers.run("busybox", command, remove=True, labels=MINE, **more)


class Containers(User):
    """What the client's containers have of methods."""

    def test_one_runs_in_the_foreground(self):
        self.assertEqual(b"out\n", self.run_to_its_end("echo out"))
        self.assertEqual([b"1\n", b"2\n"], list(self.run_to_its_end(["sh", "-c", "echo 1; sleep 0.1; echo 2"], stream=True)))
        with self.assertRaises(docker.errors.ContainerError) as caught:
            self.run_to_its_end(["sh", "-c", "echo why >&2; exit 3"])
        self.assertEqual((3, b"why\n"), (caught.exception.exit_status, caught.exception.stderr))
        with self.assertRaises(docker.errors.ImageNotFound):
            self.client.containers.create("nope/nothing:1")

    def test_one_has_what_it_was_given(self):
        made = self.run_on(
            name="given", environment={"COLOUR": "green"}, hostname="box", domainname="example",
            user="1000:10", working_dir="/tmp", cap_add=["NET_ADMIN"], cap_drop=["MKNOD"], cpu_shares=512, cpuset_cpus="0", nano_cpus=5 * 10**8,
            mem_limit="64m", mem_reservation="32m", pids_limit=50, ulimits=[types.Ulimit(name="nofile", soft=200, hard=200)], shm_size="8m", read_only=True,
            tmpfs={"/scratch": "size=1m,uid=1000"}, dns=["192.0.2.53"], dns_search=["example"], dns_opt=["ndots:2"], extra_hosts={"db": "192.0.2.9"},
            sysctls={"net.ipv4.ip_unprivileged_port_start": "0"}, group_add=["20"], oom_score_adj=300, ports={"80/tcp": None, "81/udp": ("127.0.0.1", 18081)},
            volumes={"python": {"bind": "/data", "mode": "rw"}, "/usr/share": {"bind": "/srv", "mode": "ro"}}, mounts=[types.Mount("/more", "python2", labels=MINE)],
            restart_policy={"Name": "on-failure", "MaximumRetryCount": 2}, stop_signal="SIGKILL", security_opt=["no-new-privileges"],
            healthcheck={"test": ["CMD", "true"], "interval": 10**9 // 2}, log_config=types.LogConfig(type=types.LogConfig.types.JSON, config={"max-size": "1m"}))
        made.reload()
        seen = made.attrs
        host, config = seen["HostConfig"], seen["Config"]
        self.assertEqual((1 << 26, 1 << 25, 5 * 10**8, 50, 1 << 23), (host["Memory"], host["MemoryReservation"], host["NanoCpus"], host["PidsLimit"], host["ShmSize"]))
        self.assertEqual([{"Name": "nofile", "Hard": 200, "Soft": 200}], host["Ulimits"])
        self.assertEqual({"Name": "on-failure", "MaximumRetryCount": 2}, host["RestartPolicy"])
        self.assertEqual({"Type": "json-file", "Config": {"max-size": "1m"}}, host["LogConfig"])
        self.assertEqual(["/usr/share:/srv:ro", "python:/data:rw"], sorted(host["Binds"]))
        self.assertEqual({"/data": "rw", "/more": "z", "/srv": "ro"}, {mount["Destination"]: mount["Mode"] for mount in seen["Mounts"]})
        self.assertEqual({"80/tcp": {}, "81/udp": {}}, config["ExposedPorts"])
        self.assertEqual(("box", "example", "SIGKILL"), (config["Hostname"], config["Domainname"], config["StopSignal"]))
        self.assertEqual([{"HostIp": "127.0.0.1", "HostPort": "18081"}], made.ports["81/udp"])

        said = made.exec_run(["sh", "-c", "hostname -f; id -u; id -g; id -G; pwd; echo $COLOUR; ulimit -n; cat /proc/self/oom_score_adj; grep -c db /etc/hosts; df -m /dev/shm | tail -1 | awk '{print $2}'"])
        self.assertEqual((0, "box.example 1000 10 10 20 /tmp green 200 300 1 8"), (said.exit_code, " ".join(said.output.decode().split())))
        self.assertEqual(1, made.exec_run(["touch", "/here"]).exit_code)
        self.assertIn(b"ndots:2", made.exec_run("cat /etc/resolv.conf").output)
        until("it is healthy", lambda: self.client.containers.get("given").attrs["State"]["Health"]["Status"] == "healthy")
        self.refused(409, 'The container name "/given" is already in use by container', self.client.containers.create, "busybox", name="given")
        made.remove(force=True, v=True)
        for name in ("python", "python2"):
            self.client.volumes.get(name).remove()

    def test_one_lives_its_life(self):
        one = self.run_on(name="life", stop_signal="SIGINT")
        for verb, status in ((one.pause, "paused"), (one.unpause, "running"), (one.stop, "exited"), (one.start, "running"), (one.restart, "running"), (one.kill, "exited")):
            verb()
            one.reload()
            self.assertEqual(status, one.status, verb)
        self.assertEqual(137, one.wait()["StatusCode"])
        self.refused(409, "is not running", one.kill)
        self.refused(409, "is not running", one.exec_run, "true")
        one.rename("afterlife")
        self.assertEqual(one.id, self.client.containers.get("afterlife").id)
        one.update(mem_limit="32m", memswap_limit="64m", restart_policy={"Name": "always"})
        one.reload()
        self.assertEqual((1 << 25, "always"), (one.attrs["HostConfig"]["Memory"], one.attrs["HostConfig"]["RestartPolicy"]["Name"]))
        one.remove()
        with self.assertRaises(docker.errors.NotFound):
            one.reload()

    def test_they_are_listed_by_what_is_asked_for(self):
        runs = self.run_on(name="runs")
        made = self.client.containers.create("busybox", "true", labels=MINE, name="made")
        last = self.client.containers.create("busybox", "true", labels=MINE, name="last")

        def listed(**filters):
            return {one.name for one in self.client.containers.list(all=True, filters={"label": "by=program", **filters})}

        self.assertEqual({"runs", "made", "last"}, listed())
        self.assertEqual({"runs"}, listed(status="running"))
        self.assertEqual({"made", "last"}, listed(status="created"))
        self.assertEqual({"made"}, listed(name="ade"))
        self.assertEqual({"made"}, listed(id=made.id))
        self.assertEqual({"runs", "made", "last"}, listed(ancestor="busybox"))
        self.assertEqual({"made"}, listed(before=last.id, since=runs.id))
        self.assertEqual({"runs"}, listed(network="bridge", status="running"))
        self.assertEqual(["last"], [one.name for one in self.client.containers.list(limit=1)])
        self.refused(400, "nvalid filter 'nope'", self.client.containers.list, filters={"nope": "x"})

    def test_what_is_written_reaches_one_and_what_it_says_is_read(self):
        one = self.client.containers.create("busybox", ["sh", "-c", "while read line; do echo $line; echo bad >&2; done"], labels=MINE, stdin_open=True)
        wire = one.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
        one.start()
        wire._sock.sendall(b"hello\n")
        self.assertEqual(b"\1\0\0\0\0\0\0\6hello\n", wire.read(14))
        wire._sock.shutdown(socket.SHUT_WR)
        self.assertEqual(0, one.wait()["StatusCode"])
        self.assertEqual((b"hello\n", b"bad\n"), (one.logs(stderr=False), one.logs(stdout=False)))
        self.assertEqual(b"hello\n", one.logs(stderr=False, tail=2, since=1))
        self.assertRegex(one.logs(stderr=False, timestamps=True), rb"^\d{4}-\d\d-\d\dT[\d:.]+Z hello\n$")
        self.assertEqual([b"hello\n"], list(one.logs(stream=True, follow=True, stderr=False)))

    def test_commands_run_in_one(self):
        one = self.run_on()
        self.assertEqual((3, (b"out\n", b"err\n")), tuple(one.exec_run(["sh", "-c", "echo out; echo err >&2; exit 3"], demux=True)))
        self.assertEqual(b"1000 /tmp green\n", one.exec_run(["sh", "-c", "echo $(id -u) $PWD $COLOUR"], user="1000", workdir="/tmp", environment=["COLOUR=green"]).output)
        self.assertEqual([b"a\r\n"], list(one.exec_run("echo a", tty=True, stream=True).output))
        made = self.client.api.exec_create(one.id, "cat", stdin=True)
        wire = self.client.api.exec_start(made["Id"], socket=True)
        wire._sock.sendall(b"to and fro")
        wire._sock.shutdown(socket.SHUT_WR)
        self.assertEqual(b"\1\0\0\0\0\0\0\x0ato and fro", wire.read())
        ended = until("it ended", lambda: [seen for seen in [self.client.api.exec_inspect(made["Id"])] if not seen["Running"]])
        self.assertEqual(0, ended[0]["ExitCode"])
        self.assertEqual("", one.exec_run("sleep 2d", detach=True).output)
        until("it is shown", lambda: any("sleep 2d" in " ".join(row) for row in one.top(ps_args="aux")["Processes"]))

    def test_files_go_in_and_out(self):
        one = self.run_on()
        self.assertTrue(one.put_archive("/tmp", archive("letter", b"dear")))
        chunks, stat = one.get_archive("/tmp/letter")
        self.assertEqual(({"letter": b"dear"}, "letter", 4), (content(chunks), stat["name"], stat["size"]))
        self.assertIn({"Path": "/tmp/letter", "Kind": 1}, one.diff())
        self.assertEqual(b"dear", content(one.export())["tmp/letter"])
        self.refused(404, "Could not find the file /nope in container", one.get_archive, "/nope")

    def test_what_one_uses_is_measured(self):
        one = self.run_on(name="uses")
        first = one.stats(stream=False)
        self.assertGreater(first["memory_stats"]["usage"], 0)
        self.assertGreater(first["cpu_stats"]["cpu_usage"]["total_usage"], 0)
        self.assertIn("eth0", first["networks"])
        self.assertGreaterEqual(first["pids_stats"]["current"], 1)
        stream = one.stats(decode=True)
        self.assertEqual("/uses", next(stream)["name"])
        stream.close()

    def test_events_of_one_are_told(self):
        told = []
        stream = self.client.events(decode=True, filters={"label": "by=program"})
        threading.Thread(target=lambda: told.extend(event["Action"] for event in stream), daemon=True).start()
        until("somebody listens", lambda: self.client.info()["NEventsListener"])
        one = self.run_on()
        one.stop(timeout=0)
        one.remove()
        expected = ["create", "start", "die", "stop", "destroy"]
        until(f"{expected} are told", lambda: [action for action in told if action in expected] == expected)
        stream.close()
        since = self.client.events(decode=True, since=1, until=int(time.time()) + 1, filters={"container": one.id, "event": "die"})
        self.assertEqual(["die"], [event["Action"] for event in since])


class Surroundings(User):
    """Networks, volumes, images and the host."""

    def test_containers_of_a_network_know_each_other(self):
        pool = types.IPAMPool(subnet="10.89.0.0/24", gateway="10.89.0.1", iprange="10.89.0.128/25")
        network = self.client.networks.create("python", driver="bridge", labels=MINE, ipam=types.IPAMConfig(pool_configs=[pool]))
        server = self.client.containers.create("busybox", ["sh", "-c", "echo served > /tmp/index.html; exec httpd -f -h /tmp"], name="server", labels=MINE, stop_signal="SIGKILL")
        network.connect(server, aliases=["shop"], ipv4_address="10.89.0.200")
        server.start()
        asks = self.run_on(name="asks", network="python")
        until("it serves", lambda: asks.exec_run("wget -qO- http://shop/").output == b"served\n")
        network.reload()
        self.assertEqual({"server", "asks"}, {one.name for one in network.containers})
        server.reload()
        self.assertEqual("10.89.0.200", server.attrs["NetworkSettings"]["Networks"]["python"]["IPAddress"])
        self.assertEqual(["python"], [one.name for one in self.client.networks.list(filters={"label": "by=program"})])
        self.refused(403, "has active endpoints", network.remove)
        self.refused(409, "network with name python already exists", self.client.networks.create, "python", check_duplicate=True)
        network.disconnect(server)
        self.assertNotEqual(0, asks.exec_run("wget -qO- -T 1 http://shop/").exit_code)
        network.disconnect(asks, force=True)
        network.remove()
        with self.assertRaises(docker.errors.NotFound):
            self.client.networks.get("python")

    def test_volumes_keep_what_is_written(self):
        volume = self.client.volumes.create("shelf", driver="local", labels=MINE)
        self.run_to_its_end(["sh", "-c", "echo kept > /data/f"], volumes={"shelf": {"bind": "/data"}})
        self.assertEqual(b"kept\n", self.run_to_its_end("cat /data/f", volumes={"shelf": {"bind": "/data", "mode": "ro"}}))
        self.assertEqual(["shelf"], [one.name for one in self.client.volumes.list(filters={"label": "by=program"})])
        user = self.run_on(volumes={"shelf": {"bind": "/data"}})
        self.refused(409, "volume is in use", volume.remove)
        user.remove(force=True)
        volume.remove()
        with self.assertRaises(docker.errors.NotFound):
            self.client.volumes.get("shelf")

    def test_images_are_named_saved_and_loaded(self):
        image = self.client.images.get("busybox")
        self.assertTrue(image.tag("python/copy", "1"))
        image.reload()
        self.assertIn("python/copy:1", image.tags)
        self.assertGreater(len(image.history()), 0)
        packed = b"".join(self.client.images.get("python/copy:1").save(named="python/copy:1"))
        self.client.images.remove("python/copy:1")
        self.assertEqual([image.id], [one.id for one in self.client.images.load(packed)])
        self.assertEqual([image.id], [one.id for one in self.client.images.list(name="python/copy")])
        self.client.images.remove("python/copy:1")
        with self.assertRaises(docker.errors.ImageNotFound):
            self.client.images.get("python/copy:1")

    def test_the_host_tells_of_itself(self):
        self.assertTrue(self.client.ping())
        self.assertEqual("linux", self.client.version()["Os"])
        self.assertIn("local", self.client.info()["Plugins"]["Volume"])
        self.assertTrue(any("busybox:latest" in (image["RepoTags"] or []) for image in self.client.df()["Images"]))


if __name__ == "__main__":
    unittest.main()
