using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>Stacks in the shapes that people bring, with the lab's images in the places of theirs.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class StackShapeTests(SwarmFixture swarm) : IDisposable
{
    private const string Voting = """
        version: "3.8"
        services:
          vote:
            image: httpd
            ports: [ "5000:80" ]
            networks: [ frontend ]
            depends_on: [ redis ]
            environment: { OPTION: cats }
            deploy: { replicas: 2, update_config: { parallelism: 2 }, restart_policy: { condition: on-failure } }
          result:
            image: nginx
            ports: [ "5001:80" ]
            networks: [ backend ]
            depends_on: [ db ]
            deploy: { replicas: 1, update_config: { parallelism: 2, delay: 10s }, restart_policy: { condition: on-failure } }
          redis:
            image: busybox
            command: sleep 100000
            stop_grace_period: 0s
            networks: [ frontend ]
            deploy: { replicas: 1, update_config: { parallelism: 2, delay: 10s }, restart_policy: { condition: on-failure } }
          db:
            image: busybox
            command: sh -c "echo votes >> /var/lib/postgresql/data/table; exec sleep 100000"
            stop_grace_period: 3s
            volumes: [ "db-data:/var/lib/postgresql/data" ]
            networks: [ backend ]
            deploy: { placement: { constraints: [ node.role == manager ] } }
          worker:
            image: busybox
            command: sleep 100000
            stop_grace_period: 0s
            networks: [ frontend, backend ]
            depends_on: [ db, redis ]
            deploy:
              mode: replicated
              replicas: 1
              labels: [ APP=VOTING ]
              restart_policy: { condition: on-failure, delay: 10s, max_attempts: 3, window: 120s }
              placement: { constraints: [ node.role == manager ] }
          visualizer:
            image: httpd
            ports: [ "8080:80" ]
            stop_grace_period: 1m30s
            volumes: [ "/var/run/docker.sock:/var/run/docker.sock" ]
            deploy: { placement: { constraints: [ node.role == manager ] } }
        networks: { frontend: , backend: }
        volumes: { db-data: }
        """;

    private const string Proxy = """
        version: "3.8"
        services:
          proxy:
            image: httpd
            ports:
              - { target: 80, published: 8081, protocol: tcp, mode: host }
            volumes: [ "/var/run/docker.sock:/var/run/docker.sock:ro" ]
            networks: [ public ]
            deploy:
              mode: global
              placement: { constraints: [ node.role == manager ] }
              update_config: { parallelism: 1, delay: 5s, order: stop-first }
          whoami:
            image: httpd
            networks: [ public ]
            deploy:
              replicas: 2
              labels:
                traefik.enable: "true"
                traefik.http.routers.whoami.rule: "Host(`whoami.example.org`) && PathPrefix(`/`)"
                traefik.http.services.whoami.loadbalancer.server.port: "80"
        networks: { public: { driver: overlay, attachable: true } }
        """;

    private const string Agent = """
        version: "3.2"
        services:
          agent:
            image: busybox
            command: sleep 100000
            stop_grace_period: 0s
            environment: { AGENT_CLUSTER_ADDR: tasks.agent }
            volumes: [ "/var/run/docker.sock:/var/run/docker.sock", "/var/lib/docker/volumes:/var/lib/docker/volumes" ]
            networks: [ agent_network ]
            deploy: { mode: global, placement: { constraints: [ node.platform.os == linux ] } }
          portainer:
            image: busybox
            command: sleep 100000
            stop_grace_period: 0s
            ports: [ "9443:9443", "9000:9000" ]
            volumes: [ "portainer_data:/data" ]
            networks: [ agent_network ]
            deploy: { mode: replicated, replicas: 1, placement: { constraints: [ node.role == manager ] } }
        networks: { agent_network: { driver: overlay, attachable: true } }
        volumes: { portainer_data: }
        """;

    private const string Database = """
        version: "3.8"
        services:
          db:
            image: busybox
            command: sh -c "cp $$POSTGRES_PASSWORD_FILE /var/lib/postgresql/data/password; cp /docker-entrypoint-initdb.d/init.sql /var/lib/postgresql/data; exec sleep 100000"
            stop_grace_period: 1s
            environment: { POSTGRES_PASSWORD_FILE: /run/secrets/password, POSTGRES_USER: app }
            secrets: [ password ]
            configs: [ { source: init, target: /docker-entrypoint-initdb.d/init.sql, mode: 0444 } ]
            volumes: [ "data:/var/lib/postgresql/data" ]
            healthcheck: { test: [ "CMD", "test", "-s", "/var/lib/postgresql/data/password" ], interval: 1s, timeout: 5s, retries: 5, start_period: 30s }
            deploy: { placement: { constraints: [ node.labels.disk == ssd ] }, update_config: { order: stop-first, failure_action: rollback } }
        secrets: { password: { name: "pg_password_${VERSION}", file: ./password } }
        configs: { init: { name: "pg_init_${VERSION}", file: ./init.sql } }
        volumes: { data: { labels: { tier: db } } }
        """;

    private const string Deploy = """
        version: "3.9"
        services:
          all:
            image: busybox
            command: sleep 100000
            stop_grace_period: 0s
            labels: { of: container }
            deploy:
              mode: replicated
              replicas: 2
              labels: { of: service }
              endpoint_mode: dnsrr
              update_config: { parallelism: 2, delay: 3s, failure_action: rollback, monitor: 4s, max_failure_ratio: 0.5, order: start-first }
              rollback_config: { parallelism: 1, delay: 2s, failure_action: continue, monitor: 6s, max_failure_ratio: 0.25, order: stop-first }
              resources:
                limits: { cpus: "0.50", memory: 64M, pids: 50 }
                reservations: { cpus: "0.01", memory: 16M, generic_resources: [ { discrete_resource_spec: { kind: nothing, value: 0 } } ] }
              restart_policy: { condition: any, delay: 1s, max_attempts: 9, window: 60s }
              placement: { max_replicas_per_node: 1, constraints: [ node.platform.os == linux ], preferences: [ { spread: node.labels.zone } ] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-shapes").FullName;

    private Docker Manager => swarm.Manager;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_voting_app_runs_is_updated_pruned_removed_and_there_again_at_once()
    {
        await DeployAsync("vote", Voting);
        await RunAsync("vote", ("vote", 2), ("result", 1), ("redis", 1), ("db", 1), ("worker", 1), ("visualizer", 1));
        foreach (var port in (int[])[5000, 5001, 8080])
            await Poll.UntilAsync($"{port} answers", () => swarm.TryInsideAsync(0, $"curl -s -m 2 -o /dev/null http://{LabFixture.Address(3)}:{port}/"), done => done.ExitCode == 0);
        var worker = Assert.Single(await Manager.ContainersOfAsync("vote_worker"));
        foreach (var name in (string[])["db", "redis"])
            await Poll.UntilAsync($"{name} is known by its name", () => Manager.RunAsync("exec", worker, "nslookup", name), done => done.ExitCode == 0);
        var (host, vote) = await swarm.AnyContainerOfAsync("vote_vote");
        Assert.NotEqual(0, (await swarm.Host(host).RunAsync("exec", vote, "nslookup", "db")).ExitCode);
        Assert.Equal(["vote_db-data"], await Manager.LinesOfAsync("volume ls --quiet --filter label=com.docker.stack.namespace=vote"));

        // Less of it, and another colour: the rest is left alone.
        var smaller = Voting[..Voting.IndexOf("  visualizer:", StringComparison.Ordinal)] + Voting[Voting.IndexOf("networks: { frontend", StringComparison.Ordinal)..];
        await DeployAsync("vote", smaller.Replace("OPTION: cats", "OPTION: dogs", StringComparison.Ordinal), "--prune");
        await Poll.UntilAsync(
            "the update is complete", () => Manager.RunAsync("service", "inspect", "--format", "{{.UpdateStatus.State}}", "vote_vote"), said => said.Output.Trim() == "completed");
        Assert.DoesNotContain("vote_visualizer", await Manager.LinesOfAsync("service ls --format {{.Name}}"));
        Assert.Equal(worker, Assert.Single(await Manager.ContainersOfAsync("vote_worker")));
        await RunAsync("vote", ("vote", 2));
        (host, vote) = await swarm.AnyContainerOfAsync("vote_vote");
        Assert.Equal("dogs", (await swarm.Host(host).RunAsync("exec", vote, "sh", "-c", "echo $OPTION")).Succeeded());

        // Removed, and there again while the last of it goes.
        await Manager.OutputOfAsync("stack rm vote");
        await DeployAsync("vote", Voting);
        await RunAsync("vote", ("vote", 2), ("result", 1), ("redis", 1), ("db", 1), ("worker", 1), ("visualizer", 1));
        var db = await Poll.UntilAsync("one database is left", () => Manager.ContainersOfAsync("vote_db"), found => found.Length == 1);
        Assert.Equal(["votes", "votes"], await Manager.LinesOfAsync($"exec {db[0]} cat /var/lib/postgresql/data/table"));
        await RemoveAsync("vote");
        await Manager.OutputOfAsync("volume rm vote_db-data");
    }

    [Fact]
    public async Task A_proxy_reads_services_and_their_labels_by_the_socket_and_has_its_port_on_its_host()
    {
        await DeployAsync("edge", Proxy);
        await RunAsync("edge", ("proxy", 1), ("whoami", 2));
        var proxy = Assert.Single(await Manager.ContainersOfAsync("edge_proxy"));
        var seen = await AskBySocketAsync(proxy, "/v1.41/services?status=true");
        Assert.Contains("\"traefik.http.routers.whoami.rule\":\"Host(`whoami.example.org`) \\u0026\\u0026 PathPrefix(`/`)\"", seen);
        Assert.Contains("\"RunningTasks\":2", seen);
        var written = await Manager.RunAsync("exec", proxy, "touch", "/var/run/docker.sock");
        Assert.Contains("Read-only file system", written.Errors);
        await swarm.IsOpenAsync(LabFixture.Address(1), 8081);
        await swarm.InsideAsync(0, $"curl -s -m 5 -o /dev/null http://{LabFixture.Address(1)}:8081/");
        Assert.NotEqual(0, (await swarm.TryInsideAsync(0, $"curl -s -m 2 -o /dev/null http://{LabFixture.Address(2)}:8081/")).ExitCode);
        await Poll.UntilAsync("the proxy reaches both by their name", () => Manager.RunAsync("exec", proxy, "wget", "-q", "-O", "-", "http://whoami/"), done => done.ExitCode == 0);
        await RemoveAsync("edge");
    }

    [Fact]
    public async Task An_agent_on_every_host_finds_the_others_and_the_volumes_of_its_host()
    {
        await DeployAsync("portainer", Agent);
        await RunAsync("portainer", ("agent", 3), ("portainer", 1));
        var agent = Assert.Single(await Manager.ContainersOfAsync("portainer_agent"));
        await Poll.UntilAsync(
            "it knows three of its kind", () => Manager.RunAsync("exec", agent, "sh", "-c", "nslookup $AGENT_CLUSTER_ADDR | grep -c '^Address.* 10\\.'"), done => done.Output.Trim() == "3");
        var main = Assert.Single(await Manager.ContainersOfAsync("portainer_portainer"));
        await Manager.OutputOfAsync($"exec {main} touch /data/portainer.db");
        Assert.Equal("portainer.db", await Manager.OutputOfAsync($"exec {agent} ls /var/lib/docker/volumes/portainer_portainer_data/_data"));
        await Manager.OutputOfAsync($"exec {agent} touch /var/lib/docker/volumes/portainer_portainer_data/_data/uploaded");
        Assert.Equal(["portainer.db", "uploaded"], await Manager.LinesOfAsync($"exec {main} ls /data"));
        Assert.Contains("\"Name\":\"portainer_portainer_data\"", await AskBySocketAsync(agent, "/volumes"));
        await RemoveAsync("portainer");
        await Manager.OutputOfAsync("volume rm portainer_portainer_data");
    }

    [Fact]
    public async Task A_database_has_its_secret_config_and_volume_and_new_ones_by_new_names()
    {
        File.WriteAllText(Path.Combine(_folder, "password"), "first");
        File.WriteAllText(Path.Combine(_folder, "init.sql"), "create table t;");
        await Manager.OutputOfAsync("node update --label-add disk=ssd h2");
        await DeployAsync("pg", Database.Replace("${VERSION}", "1", StringComparison.Ordinal), "--with-registry-auth", "--detach=false");
        await RunAsync("pg", ("db", 1));
        Assert.Equal(["first"], await DataAsync("password"));
        Assert.Equal(["create table t;"], await DataAsync("init.sql"));
        Assert.Equal(["pg_data"], await swarm.Host(2).LinesOfAsync("volume ls --quiet --filter label=tier=db"));

        File.WriteAllText(Path.Combine(_folder, "password"), "second");
        await DeployAsync("pg", Database.Replace("${VERSION}", "2", StringComparison.Ordinal));
        await Poll.UntilAsync("the second secret is there", () => DataAsync("password"), seen => seen is ["second"]);
        Assert.Equal(["pg_password_1", "pg_password_2"], (await Manager.LinesOfAsync("secret ls --format {{.Name}}")).Order(StringComparer.Ordinal));
        await RunAsync("pg", ("db", 1));
        await RemoveAsync("pg");
        Assert.Empty(await Manager.LinesOfAsync("secret ls --quiet"));
        Assert.Empty(await Manager.LinesOfAsync("config ls --quiet"));
        Assert.Equal("second", await swarm.InsideAsync(2, "cat /var/lib/skein/volumes/pg_data/_data/password"));
        await swarm.Host(2).OutputOfAsync("volume rm pg_data");
        await Manager.OutputOfAsync("node update --label-rm disk h2");
    }

    [Fact]
    public async Task Every_key_of_deploy_reaches_the_service()
    {
        await DeployAsync("keys", Deploy);
        await RunAsync("keys", ("all", 2));
        var spec = (await Manager.RunAsync("service", "inspect", "keys_all", "--format", "{{json .Spec}}")).Succeeded();
        foreach (var part in (string[])
        [
            "\"Labels\":{\"com.docker.stack.image\":\"busybox\",\"com.docker.stack.namespace\":\"keys\",\"of\":\"service\"}",
            "\"of\":\"container\"",
            "\"EndpointSpec\":{\"Mode\":\"dnsrr\"}",
            "\"UpdateConfig\":{\"Parallelism\":2,\"Delay\":3000000000,\"FailureAction\":\"rollback\",\"Monitor\":4000000000,\"MaxFailureRatio\":0.5,\"Order\":\"start-first\"}",
            "\"RollbackConfig\":{\"Parallelism\":1,\"Delay\":2000000000,\"FailureAction\":\"continue\",\"Monitor\":6000000000,\"MaxFailureRatio\":0.25,\"Order\":\"stop-first\"}",
            "\"Limits\":{\"NanoCPUs\":500000000,\"MemoryBytes\":67108864,\"Pids\":50}",
            "\"Reservations\":{\"NanoCPUs\":10000000,\"MemoryBytes\":16777216,\"GenericResources\":[{\"DiscreteResourceSpec\":{\"Kind\":\"nothing\"}}]}",
            "\"RestartPolicy\":{\"Condition\":\"any\",\"Delay\":1000000000,\"MaxAttempts\":9,\"Window\":60000000000}",
            "\"Placement\":{\"Constraints\":[\"node.platform.os == linux\"],\"Preferences\":[{\"Spread\":{\"SpreadDescriptor\":\"node.labels.zone\"}}],\"MaxReplicas\":1",
        ])
        {
            Assert.Contains(part, spec);
        }
        var config = (await Manager.RunAsync("stack", "config", "-c", Path.Combine(_folder, "keys.yml"))).Succeeded();
        Assert.Contains("max_replicas_per_node: 1", config);
        await RemoveAsync("keys");
    }

    /// <summary>By the socket that the container has; nothing in it speaks to one.</summary>
    private async Task<string> AskBySocketAsync(string container, string path)
    {
        var pid = await Manager.OutputOfAsync($"inspect --format {{{{.State.Pid}}}} {container}");
        return await swarm.InsideAsync(1, $"curl -s --max-time 10 --unix-socket /proc/{pid}/root/var/run/docker.sock 'http://d{path}'");
    }

    private Task<string[]> DataAsync(string file) =>
        Poll.UntilAsync("the database has a container", async () => (await swarm.Host(2).ContainersOfAsync("pg_db")).FirstOrDefault(), id => id is not null)
            .ContinueWith(async id => (await swarm.Host(2).RunAsync("exec", (await id)!, "cat", $"/var/lib/postgresql/data/{file}")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), TaskScheduler.Default)
            .Unwrap();

    /// <summary>Attached, the CLI returns when every service has converged and it has looked on for some seconds, one service after the other.</summary>
    private async Task DeployAsync(string stack, string compose, params string[] flags)
    {
        var file = Path.Combine(_folder, stack + ".yml");
        File.WriteAllText(file, compose);
        (await Manager.RunAsync(["stack", "deploy", "--quiet", .. flags, "-c", file, stack])).Succeeded();
    }

    private async Task RunAsync(string stack, params (string Service, int Replicas)[] services)
    {
        foreach (var (service, replicas) in services) await Manager.RunningAsync($"{stack}_{service}", replicas);
    }

    private async Task RemoveAsync(string stack)
    {
        await Manager.OutputOfAsync($"stack rm {stack}");
        await Poll.UntilAsync("its networks are gone", () => Manager.LinesOfAsync($"network ls --quiet --filter label=com.docker.stack.namespace={stack}"), left => left.Length == 0);
        for (var host = 1; host <= swarm.Hosts; host++)
        {
            await Poll.UntilAsync(
                $"no container of {stack} is left on h{host}", () => swarm.Host(host).LinesOfAsync($"ps --all --quiet --filter label=com.docker.stack.namespace={stack}"), left => left.Length == 0);
        }
    }
}
