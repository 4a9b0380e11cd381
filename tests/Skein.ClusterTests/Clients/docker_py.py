"""A swarm of one host as a program sees it that uses Docker's client for Python.

docker_py.py SOCKET ADDRESS: the engine's socket, and the host's address for the swarm. Ends with status 0 when all is as Docker has it.
"""
import sys
import threading
import time
import unittest

import docker
from docker import types

SOCKET, ADDRESS = sys.argv.pop(1), sys.argv.pop(1)
PATIENCE = 60
SLEEP = ["sleep", "1d"]


def api(version="auto"):
    return docker.APIClient(base_url=f"unix://{SOCKET}", version=version, timeout=PATIENCE)


def until(what, read):
    """The first true value that is read; else fails with what was waited for."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = read()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.05)


def refused(test, status, words, call, *args, **named):
    with test.assertRaises(docker.errors.APIError) as caught:
        call(*args, **named)
    test.assertEqual(status, caught.exception.response.status_code, caught.exception)
    test.assertIn(words, caught.exception.explanation)


class Client(unittest.TestCase):
    refused = refused

    def setUp(self):
        self.client = api()
        self.client.leave_swarm(force=True)

    def tearDown(self):
        try:
            self.client.leave_swarm(force=True)
        finally:
            self.client.close()

    def spec(self, name, command=SLEEP, **more):
        return types.TaskTemplate(types.ContainerSpec("busybox:latest", command, init=True), **more), name

    def running(self, name, count=1):
        def read():
            tasks = self.client.tasks({"service": name, "desired-state": "running"})
            found = [task for task in tasks if task["Status"]["State"] == "running"]
            return found if len(found) == count else None

        return until(f"{count} tasks of {name} run", read)


class Swarm(Client):
    """What a program does to a swarm as a whole."""

    def test_is_born_shown_changed_and_left(self):
        spec = self.client.create_swarm_spec(snapshot_interval=5000, log_entries_for_slow_followers=1200, task_history_retention_limit=3)
        node = self.client.init_swarm(ADDRESS, swarm_spec=spec, default_addr_pool=["10.200.0.0/16"], subnet_size=26)
        self.refused(503, "This node is already part of a swarm.", self.client.init_swarm, ADDRESS)
        swarm = self.client.inspect_swarm()
        self.assertEqual((["10.200.0.0/16"], 26), (swarm["DefaultAddrPool"], swarm["SubnetSize"]))
        self.assertEqual(
            {"SnapshotInterval": 5000, "KeepOldSnapshots": 0, "LogEntriesForSlowFollowers": 1200, "ElectionTick": 10, "HeartbeatTick": 1},
            swarm["Spec"]["Raft"])
        self.assertEqual(3, swarm["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"])
        self.assertEqual([node], [one["ID"] for one in self.client.nodes({"role": "manager"})])

        spec = self.client.create_swarm_spec(snapshot_interval=700, keep_old_snapshots=2, labels={"of": "python"})
        self.client.update_swarm(swarm["Version"]["Index"], spec, rotate_worker_token=True)
        after = self.client.inspect_swarm()
        self.assertEqual((700, 2, {"of": "python"}), (after["Spec"]["Raft"]["SnapshotInterval"], after["Spec"]["Raft"]["KeepOldSnapshots"], after["Spec"]["Labels"]))
        self.assertNotEqual(swarm["JoinTokens"]["Worker"], after["JoinTokens"]["Worker"])
        self.assertEqual(swarm["JoinTokens"]["Manager"], after["JoinTokens"]["Manager"])
        self.refused(500, "update out of sequence", self.client.update_swarm, swarm["Version"]["Index"], spec)

        self.refused(503, "You are attempting to leave the swarm on a node that is participating as a manager.", self.client.leave_swarm)
        self.assertTrue(self.client.leave_swarm(force=True))
        self.refused(503, "This node is not a swarm manager.", self.client.inspect_swarm)

    def test_is_locked(self):
        self.client.init_swarm(ADDRESS, swarm_spec=self.client.create_swarm_spec(autolock_managers=True))
        key = self.client.get_unlock_key()["UnlockKey"]
        self.assertTrue(key.startswith("SWMKEY-1-"))
        version = self.client.inspect_swarm()["Version"]["Index"]
        self.client.update_swarm(version, self.client.create_swarm_spec(autolock_managers=True), rotate_manager_unlock_key=True)
        self.assertNotEqual(key, self.client.get_unlock_key()["UnlockKey"])

    def test_has_a_node_that_is_changed_and_stays(self):
        self.client.init_swarm(ADDRESS)
        node = self.client.nodes()[0]
        self.client.update_node(node["ID"], node["Version"]["Index"], {**node["Spec"], "Labels": {"rack": "one"}})
        self.assertEqual({"rack": "one"}, self.client.inspect_node(node["ID"])["Spec"]["Labels"])
        self.refused(404, "node nope not found", self.client.remove_node, "nope")
        self.refused(400, "is a cluster manager and is a member of the raft cluster", self.client.remove_node, node["ID"], force=True)

    def test_has_no_plugins(self):
        self.assertEqual([], self.client.plugins())
        self.refused(404, 'plugin "nope" not found', self.client.inspect_plugin, "nope")


class Services(Client):
    """What a program asks of services, in every type that the client has for it."""

    def setUp(self):
        super().setUp()
        self.client.init_swarm(ADDRESS)
        self.client.pull("busybox", tag="latest")

    def test_has_what_it_was_given_in_its_container(self):
        network = self.client.create_network(
            "front", "overlay", attachable=True, labels={"of": "python"},
            ipam=types.IPAMConfig(pool_configs=[types.IPAMPool(subnet="10.77.0.0/24", gateway="10.77.0.1", iprange="10.77.0.128/25")]))["Id"]
        secret = self.client.create_secret("password", b"open sesame\n", {"of": "python"})["ID"]
        config = self.client.create_config("motd", b"good day\n", {"of": "python"})["ID"]
        container = types.ContainerSpec(
            "busybox:latest", ["sh", "-c", "cat /run/secrets/password /motd; exec sleep 1d"], hostname="{{.Service.Name}}-{{.Task.Slot}}",
            env={"COLOUR": "green"}, workdir="/tmp", user="0", labels={"tier": "front"}, stop_grace_period=10**9, stop_signal="SIGKILL",
            mounts=[types.Mount("/data", "data", labels={"of": "python"}), types.Mount("/scratch", None, type="tmpfs", tmpfs_size=1 << 20), types.Mount("/srv", "/usr/share", type="bind", read_only=True)],
            secrets=[types.SecretReference(secret, "password")], configs=[types.ConfigReference(config, "motd", "/motd")],
            hosts={"db": "192.0.2.9"}, dns_config=types.DNSConfig(nameservers=["192.0.2.53"], search=["example"]), groups=["10"], init=True,
            healthcheck=types.Healthcheck(test=["CMD", "true"], interval=10**9, timeout=10**9, retries=2, start_period=10**9),
            privileges=types.Privileges(selinux_disable=True))
        task = types.TaskTemplate(
            container, resources=types.Resources(cpu_limit=5 * 10**8, mem_limit=1 << 26, cpu_reservation=10**8, mem_reservation=1 << 24),
            restart_policy=types.RestartPolicy("on-failure", delay=10**9, max_attempts=2, window=10**10),
            placement=types.Placement(constraints=["node.role==manager"], preferences=[("spread", "node.labels.rack")], maxreplicas=2),
            log_driver=types.DriverConfig("json-file", {"max-size": "1m"}), networks=[types.NetworkAttachmentConfig("front", aliases=["door"])])
        self.client.create_service(
            task, name="all", labels={"of": "python"}, mode=types.ServiceMode("replicated", 1),
            update_config=types.UpdateConfig(parallelism=2, delay=10**8, failure_action="rollback", monitor=10**8, max_failure_ratio=0.5, order="stop-first"),
            rollback_config=types.RollbackConfig(parallelism=1, order="stop-first"), endpoint_spec=types.EndpointSpec("vip", {8085: 80, 8086: (81, "udp", "host")}))
        given = self.running("all")[0]
        shown = self.client.inspect_service("all")["Spec"]
        self.assertEqual([{"Target": network, "Aliases": ["door"]}], shown["TaskTemplate"]["Networks"])
        self.assertEqual(("rollback", 2), (shown["UpdateConfig"]["FailureAction"], shown["UpdateConfig"]["Parallelism"]))
        self.assertEqual({"NanoCPUs": 5 * 10**8, "MemoryBytes": 1 << 26}, shown["TaskTemplate"]["Resources"]["Limits"])
        until("both lines are logged", lambda: self.logged("all") == ["good day", "open sesame"])

        seen = self.client.inspect_container(given["Status"]["ContainerStatus"]["ContainerID"])
        self.assertEqual("all-1", seen["Config"]["Hostname"])
        self.assertEqual({"81/udp": {}}, seen["Config"]["ExposedPorts"])
        self.assertEqual({"/data", "/scratch", "/srv"}, {mount["Destination"] for mount in seen["Mounts"]} & {"/data", "/scratch", "/srv"})
        self.assertEqual("8086", seen["NetworkSettings"]["Ports"]["81/udp"][0]["HostPort"])
        self.assertEqual((1 << 26, 5 * 10**8, True), (seen["HostConfig"]["Memory"], seen["HostConfig"]["NanoCpus"], seen["HostConfig"]["Init"]))
        self.assertTrue(seen["NetworkSettings"]["Networks"]["front"]["IPAddress"].startswith("10.77.0."))

        self.refused(400, "secret 'password' is in use by the following service: all", self.client.remove_secret, "password")
        self.refused(400, "config 'motd' is in use by the following service: all", self.client.remove_config, "motd")
        self.refused(409, "name conflicts with an existing object: service all already exists", self.client.create_service, task, name="all")

    def logged(self, service, **more):
        return sorted(b"".join(self.client.service_logs(service, stdout=True, **more)).decode().split("\n")[:-1])

    def test_is_changed_scaled_and_given_back(self):
        docker_client = docker.DockerClient(base_url=f"unix://{SOCKET}", version="auto", timeout=PATIENCE)
        self.addCleanup(docker_client.close)
        service = docker_client.services.create("busybox:latest", SLEEP, name="web", labels={"a": "b"}, init=True)
        self.running("web")
        self.assertTrue(service.scale(2))
        self.running("web", 2)
        service.reload()
        service.update(env=["COLOUR=green"])
        service.reload()
        self.assertEqual((["COLOUR=green"], {"a": "b"}, 2), (
            service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"], service.attrs["Spec"]["Labels"], service.attrs["Spec"]["Mode"]["Replicated"]["Replicas"]))
        self.assertTrue(service.force_update())
        service.reload()
        self.refused(500, "update out of sequence", self.client.update_service, "web", 1, *self.spec("web"))
        service.remove()
        self.assertEqual([], docker_client.services.list())

    def test_runs_a_job_to_its_end(self):
        task, name = self.spec("job", ["true"], restart_policy=types.RestartPolicy("none"))
        self.client.create_service(task, name, mode={"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 3}})
        until("three tasks are complete", lambda: [task["Status"]["State"] for task in self.client.tasks({"service": name})] == ["complete"] * 3)
        names = {container["Names"][0].split(".")[1] for container in self.client.containers(all=True, filters={"label": "com.docker.swarm.service.name=job"})}
        self.assertEqual({"1", "2", self.client.nodes()[0]["ID"]}, names)

    def test_logs_are_followed_and_cut(self):
        task, name = self.spec("talk", ["sh", "-c", "for i in 1 2 3; do echo $i; done; exec sleep 1d"])
        self.client.create_service(task, name)
        followed = self.client.service_logs(name, stdout=True, follow=True)
        self.assertEqual(b"1\n2\n3\n", b"".join(next(followed) for _ in range(3)))
        self.assertEqual(["3"], self.logged(name, tail=1))
        self.assertEqual([], self.logged(name, since=int(time.time()) + 100))
        self.refused(400, "Bad parameters: you must choose at least one stream", lambda: list(self.client.service_logs(name)))

    def test_fields_of_another_spelling_are_the_same(self):
        pools = [types.IPAMPool(subnet="10.78.0.0/24"), types.IPAMPool(subnet="2001:389::0/64", iprange="2001:389::0/96", gateway="2001:389::1")]
        self.client.create_network("six", "overlay", enable_ipv6=True, ipam=types.IPAMConfig(pool_configs=pools))
        self.assertTrue(self.client.inspect_network("six")["EnableIPv6"])


class Containers(Client):
    """What a program asks of a task's container, of images, and of the host."""

    def setUp(self):
        super().setUp()
        self.client.init_swarm(ADDRESS)
        task, name = self.spec("one")
        self.client.create_service(task, name, endpoint_spec=types.EndpointSpec(ports={8087: (82, "tcp", "host")}))
        self.id = self.running(name)[0]["Status"]["ContainerStatus"]["ContainerID"]

    def test_is_listed_inspected_and_measured(self):
        listed = self.client.containers(filters={"label": "com.docker.swarm.service.name=one"})[0]
        self.assertEqual((self.id, "running", 8087), (listed["Id"], listed["State"], listed["Ports"][0]["PublicPort"]))
        self.assertEqual(listed["Ports"], self.client.df()["Containers"][0]["Ports"])
        stats = self.client.stats(self.id, stream=False)
        self.assertGreater(stats["memory_stats"]["usage"], 0)
        self.assertIn("io_serviced_recursive", stats["blkio_stats"])
        self.assertEqual({}, stats["storage_stats"])
        self.assertIn("sleep 1d", str(self.client.top(self.id)["Processes"]))

    def test_runs_commands(self):
        made = self.client.exec_create(self.id, ["sh", "-c", "echo out; echo err >&2; exit 3"])
        self.assertEqual((b"out\n", b"err\n"), self.client.exec_start(made["Id"], demux=True))
        self.assertEqual(3, self.client.exec_inspect(made["Id"])["ExitCode"])
        tty = self.client.exec_create(self.id, ["tty"], tty=True)
        self.assertIn(b"/dev/pts/", self.client.exec_start(tty["Id"], tty=True))
        self.refused(409, "container is running: stop the container before removing or force remove", self.client.remove_container, self.id)

    def test_images_and_volumes_are_kept(self):
        self.client.tag("busybox", "copy", "1")
        self.assertIn("copy:1", self.client.inspect_image("copy:1")["RepoTags"])
        self.client.remove_image("copy:1")
        self.refused(404, "No such image: copy:1", self.client.inspect_image, "copy:1")
        self.assertTrue(self.client.inspect_distribution("busybox")["Descriptor"]["digest"].startswith("sha256:"))
        self.assertEqual({"a": "b"}, self.client.create_volume("shelf", labels={"a": "b"})["Labels"])
        self.client.remove_volume("shelf")

    def test_events_are_told(self):
        told, listener = [], api()
        self.addCleanup(listener.close)
        stream = listener.events(decode=True, filters={"type": ["service", "volume", "container"]})

        def listen():
            for event in stream:
                told.append((event["Type"], event["Action"], event["Actor"]["Attributes"].get("updatestate.new")))

        threading.Thread(target=listen, daemon=True).start()
        service = self.client.inspect_service("one")
        task = service["Spec"]["TaskTemplate"]
        task["ForceUpdate"] = 1
        self.client.update_service("one", service["Version"]["Index"], task, "one", fetch_current_spec=True)
        self.client.prune_volumes()
        expected = {("service", "update", "updating"), ("container", "start", None), ("volume", "prune", None)}
        until(f"all of {expected} are told", lambda: expected <= set(told))
        stream.close()


if __name__ == "__main__":
    unittest.main()
