using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>The volumes of each host, on a worker as on a manager.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class VolumeTests(SwarmFixture swarm)
{
    private const string Data = "/var/lib/skein/volumes/data/_data";

    private Docker Worker => swarm.Host(2);

    [Fact]
    public async Task A_volume_is_made_shown_found_kept_while_it_is_used_and_removed()
    {
        Assert.Equal("data", await Worker.OutputOfAsync("volume create --label tier=db data"));
        Assert.Equal("data", await Worker.OutputOfAsync("volume create data"));
        var seen = await Worker.RunAsync("volume", "inspect", "data", "--format", "{{.Driver}} {{.Scope}} {{.Mountpoint}} {{.Labels}}");
        Assert.Equal($"local local {Data} map[tier:db]", seen.Succeeded());
        Assert.Equal(["data"], await Worker.LinesOfAsync("volume ls --quiet --filter name=dat --filter label=tier=db --filter driver=local --filter dangling=true"));
        await swarm.InsideAsync(2, $"echo before > {Data}/file");

        await swarm.CreateAsync("--name keeper --constraint node.hostname==h2 --mount type=volume,source=data,target=/data --stop-grace-period 0s busybox sleep 100000");
        var container = Assert.Single(await Worker.ContainersOfAsync("keeper"));
        Assert.Equal("before", await Worker.OutputOfAsync($"exec {container} cat /data/file"));
        Assert.Empty(await Worker.LinesOfAsync("volume ls --quiet --filter dangling=true --filter name=data"));
        Assert.Equal([container[..12]], await Worker.LinesOfAsync("ps --quiet --filter volume=data"));
        await RefusedAsync($"remove data: volume is in use - [{container}]", "volume rm --force data");
        var usage = await Worker.RunAsync("system", "df", "--verbose", "--format", "{{range .Volumes}}{{.Name}} {{.Links}} {{.Size}}\n{{end}}");
        Assert.Contains("data 1 7B", usage.Lines());

        await swarm.Manager.OutputOfAsync("service rm keeper");
        await swarm.NoContainerOfAsync("keeper");
        // Where programs look that know Docker only.
        Assert.Equal("before", await swarm.InsideAsync(2, "cat /var/lib/docker/volumes/data/_data/file"));
        Assert.Equal("data", await Worker.OutputOfAsync("volume rm data"));
        await RefusedAsync("get data: no such volume", "volume rm data");
        Assert.Equal("data", await Worker.OutputOfAsync("volume rm --force data"));
        await swarm.InsideAsync(2, "test ! -e /var/lib/skein/volumes/data");
    }

    [Fact]
    public async Task What_a_driver_or_an_option_would_need_is_said()
    {
        await RefusedAsync("create v1: error looking up volume plugin rexray: plugin \"rexray\" not found", "volume create --driver rexray v1");
        await RefusedAsync("quota size requested but no quota support", "volume create --opt type=none --opt device=/ --opt o=bind --opt size=1m v1");
        await RefusedAsync("missing required option: \"device\"", "volume create --opt type=nfs v1");
        await RefusedAsync("cluster volumes (CSI) are not supported: use volumes of the driver local", "volume create --scope multi --type mount v1");
    }

    [Fact]
    public async Task Pruning_takes_what_nobody_named_and_nobody_has_and_all_when_it_is_asked_to()
    {
        // Other tests of the shared swarm may have left theirs.
        await Worker.OutputOfAsync("volume prune --force --all");
        var before = await Worker.LinesOfAsync("volume ls --quiet");
        var unnamed = await Worker.OutputOfAsync("volume create");
        await Worker.OutputOfAsync("volume create named");
        await Worker.OutputOfAsync("volume create --opt type=tmpfs --opt device=tmpfs device");
        await swarm.CreateAsync("--name holder --constraint node.hostname==h2 --mount type=volume,target=/held --stop-grace-period 0s busybox sleep 100000");
        var held = (await Worker.RunAsync("inspect", Assert.Single(await Worker.ContainersOfAsync("holder")), "--format", "{{(index .Mounts 0).Name}}")).Succeeded();
        Assert.Contains(unnamed, await Worker.OutputOfAsync("volume prune --force"));
        Assert.Equal(new[] { "device", "named", held }.Order(StringComparer.Ordinal), (await Worker.LinesOfAsync("volume ls --quiet")).Except(before).Order(StringComparer.Ordinal));
        Assert.Contains("named", await Worker.OutputOfAsync("volume prune --force --all"));
        Assert.Equal(new[] { "device", held }.Order(StringComparer.Ordinal), (await Worker.LinesOfAsync("volume ls --quiet")).Except(before).Order(StringComparer.Ordinal));
        await swarm.Manager.OutputOfAsync("service rm holder");
        await swarm.NoContainerOfAsync("holder");
        Assert.Equal(["device"], (await Worker.LinesOfAsync("volume ls --quiet")).Except(before));
        await Worker.OutputOfAsync("volume rm device");
    }

    [Fact]
    public async Task Events_tell_of_volumes_from_their_making_to_their_end()
    {
        await Worker.OutputOfAsync("volume create told");
        await swarm.CreateAsync("--name teller --constraint node.hostname==h2 --mount type=volume,source=told,target=/t --stop-grace-period 0s busybox sleep 100000");
        await swarm.Manager.OutputOfAsync("service rm teller");
        await swarm.NoContainerOfAsync("teller");
        await Worker.OutputOfAsync("volume rm told");
        string[] expected = ["create local <no value>", "mount local /t", "unmount local <no value>", "destroy local <no value>"];
        await Poll.UntilAsync("events told of it all", ToldAsync, told => told.SequenceEqual(expected));

        async Task<string[]> ToldAsync() => (await Worker.RunAsync(
            "events", "--since", "0", "--until", "0s", "--filter", "volume=told", "--format", "{{.Action}} {{.Actor.Attributes.driver}} {{.Actor.Attributes.destination}}")).Lines();
    }

    [Fact]
    public async Task A_volume_and_its_data_outlive_the_daemon_and_the_power()
    {
        await swarm.Host(3).OutputOfAsync("volume create --opt type=none --opt o=bind --opt device=/var/tmp bound");
        await swarm.Host(3).OutputOfAsync("volume create --label kept=yes plain");
        await swarm.InsideAsync(3, "echo kept > /var/lib/skein/volumes/plain/_data/file; sync");
        await swarm.LabAsync("kill", "h3");
        await swarm.LabAsync("start", "h3");
        Assert.Equal(["bound", "plain"], (await swarm.Host(3).LinesOfAsync("volume ls --quiet --filter name=bound --filter name=plain")).Order(StringComparer.Ordinal));
        Assert.Equal("map[kept:yes]", await swarm.Host(3).OutputOfAsync("volume inspect plain --format {{.Labels}}"));
        Assert.Equal("map[device:/var/tmp o:bind type:none]", (await swarm.Host(3).RunAsync("volume", "inspect", "bound", "--format", "{{.Options}}")).Succeeded());
        Assert.Equal("kept", await swarm.InsideAsync(3, "cat /var/lib/skein/volumes/plain/_data/file"));
        await swarm.Host(3).OutputOfAsync("volume rm bound plain");
        await swarm.AllReadyAsync();
    }

    private async Task RefusedAsync(string words, string command)
    {
        var refused = await Worker.RunAsync(command.Split(' '));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(words, refused.Errors);
    }
}
