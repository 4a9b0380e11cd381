using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class StackTests(SwarmFixture swarm) : IDisposable
{
    private const string Compose = """
        version: "3.8"
        services:
          web:
            image: httpd
            deploy: { replicas: 3, placement: { max_replicas_per_node: 1 } }
            networks: [ front ]
            secrets:
              - key
              - { source: key, target: /etc/own.key, uid: "33", gid: "44", mode: 0400 }
            configs:
              - { source: site, target: /etc/site.conf, mode: 0440 }
          idle:
            image: busybox
            command: sleep 100000
            deploy: { replicas: 1 }
        networks: { front: { driver: overlay } }
        secrets: { key: { file: ./key } }
        configs: { site: { file: ./site } }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-stack").FullName;

    private Docker Manager => swarm.Manager;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_stack_comes_with_its_secrets_and_configs_stays_when_it_is_the_same_and_goes()
    {
        Write("key", "open sesame\n");
        Write("site", "listen 80\n");
        Write("stack.yml", Compose);
        await DeployAsync();
        await Manager.RunningAsync("wiki_web", 3);
        await Manager.RunningAsync("wiki_idle", 1);
        Assert.Equal(["idle 1/1", "web 3/3 (max 1 per node)"], await StackServicesAsync());
        Assert.Equal(["wiki_key"], await Manager.LinesOfAsync("secret ls --format {{.Name}}"));
        var containers = await swarm.ContainersOfAsync("wiki_web");
        foreach (var (host, id) in containers)
        {
            var seen = await swarm.Host(host).RunAsync("exec", id, "sh", "-c", "stat -c '%n %u:%g %a' /run/secrets/key /etc/own.key /etc/site.conf; cat /run/secrets/key /etc/own.key /etc/site.conf");
            Assert.Equal(["/run/secrets/key 0:0 444", "/etc/own.key 33:44 400", "/etc/site.conf 0:0 440", "open sesame", "open sesame", "listen 80"], seen.Lines());
        }

        await DeployAsync();
        Assert.Equal(containers, await swarm.ContainersOfAsync("wiki_web"));

        Write("key", "another\n");
        var changed = await Manager.RunAsync("stack", "deploy", "-c", Path.Combine(_folder, "stack.yml"), "wiki");
        Assert.Contains("only updates to Labels are allowed", changed.Errors);
        var used = await Manager.RunAsync("config", "rm", "wiki_site");
        Assert.Contains("rpc error: code = InvalidArgument desc = config 'wiki_site' is in use by the following service: wiki_web", used.Errors);

        await Manager.OutputOfAsync("stack rm wiki");
        Assert.Empty(await Manager.LinesOfAsync("secret ls --quiet"));
        Assert.Empty(await Manager.LinesOfAsync("config ls --quiet"));
        await swarm.NoContainerOfAsync("wiki_web");
        Assert.DoesNotContain("wiki_front", await Manager.LinesOfAsync("network ls --format {{.Name}}"));
    }

    [Fact]
    public async Task A_secret_survives_its_hosts_daemon_and_is_nowhere_on_its_disk()
    {
        Write("pin", "7391-nowhere");
        await Manager.OutputOfAsync($"secret create pin {Path.Combine(_folder, "pin")}");
        await swarm.CreateAsync("--name vault --secret pin --constraint node.hostname==h2 busybox sleep 100000");
        var (host, id) = await swarm.AnyContainerOfAsync("vault");
        var before = await swarm.InsideAsync(host, "pidof -s skein");
        await swarm.InsideAsync(host, "kill -KILL $(pidof -s skein)");
        await Poll.UntilAsync("another daemon answers", () => swarm.TryInsideAsync(host, "pidof -s skein"), found => found.ExitCode == 0 && found.Output.Trim() != before);
        await Poll.UntilAsync("it has taken the container up", () => swarm.Host(host).RunAsync("exec", id, "true"), done => done.ExitCode == 0);
        Assert.Equal("7391-nowhere", await swarm.Host(host).OutputOfAsync($"exec {id} cat /run/secrets/pin"));
        Assert.Empty(await FilesWithAsync("7391-nowhere"));
        await Manager.OutputOfAsync("service rm vault");
        await Manager.OutputOfAsync("secret rm pin");
    }

    [Fact]
    public async Task A_registrys_password_reaches_the_nodes_and_lies_on_no_disk()
    {
        var reader = Convert.ToBase64String("reader:8264-nowhere"u8);
        Write("config.json", $$"""{ "auths": { "https://index.docker.io/v1/": { "auth": "{{reader}}" } } }""");
        (await Manager.RunAsync("--config", _folder, "service", "create", "--quiet", "--detach", "--with-registry-auth", "--stop-grace-period", "0s", "--name", "closed", "--mode", "global", "busybox", "sleep", "100000")).Succeeded();
        await Manager.RunningAsync("closed", 3);
        // What a node remembers is written some moments after it is told.
        await Poll.UntilAsync("every node has the task on its disk", () => FilesWithAsync("closed", "session"), files => files.Length == 3);
        Assert.Empty(await FilesWithAsync("8264-nowhere"));
        Assert.Empty(await FilesWithAsync(reader));
        await Manager.OutputOfAsync("service rm closed");
    }

    /// <summary>Of all hosts' disks.</summary>
    private async Task<string[]> FilesWithAsync(string text, string name = "*")
    {
        var found = await ExternalProgram.RunAsync("grep", ["--recursive", "--files-with-matches", $"--include={name}", text, $"/var/lib/skein-lab-{swarm.Name}"]);
        return found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private Task DeployAsync() => Manager.OutputOfAsync($"stack deploy -c {Path.Combine(_folder, "stack.yml")} wiki");

    private async Task<string[]> StackServicesAsync() =>
        [.. (await Manager.RunAsync("stack", "services", "wiki", "--format", "{{.Name}} {{.Replicas}}")).Lines().Select(line => line["wiki_".Length..]).Order(StringComparer.Ordinal)];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
