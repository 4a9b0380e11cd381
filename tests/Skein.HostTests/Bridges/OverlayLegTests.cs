using System.Collections.Immutable;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Bridges;

/// <summary>Legs of users' containers on a network of a swarm, whose manager is the test.</summary>
public sealed class OverlayLegTests : IAsyncDisposable
{
    private static readonly OverlayNetwork Ov = new() { Id = "ovid", Name = "ov", Vni = 4097, Ipam = { new IpamConfig { Subnet = "10.0.1.0/24", Gateway = "10.0.1.1" } } };

    private readonly BridgeHost _host = new();
    private readonly CancellationTokenSource _end = new();
    private Task _manager = Task.CompletedTask;
    private ImmutableDictionary<string, OverlayEndpoint> _given = ImmutableDictionary<string, OverlayEndpoint>.Empty;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _manager.ContinueWith(static _ => { }, TaskScheduler.Default);
        await _host.DisposeAsync();
        _end.Dispose();
    }

    [Fact]
    public async Task What_happens_to_the_fabrics_end_or_the_underlays_MTU_is_followed_as_for_a_task()
    {
        await JoinAsync();
        var network = await _host.RunAsync("web", "ov");
        Assert.Equal(["eth0 ov 10.0.1.9/24", "eth1 docker_gwbridge"], network.Legs.Select(leg => leg.NetworkName == "ov" ? $"{leg.Interface} ov {leg.Addresses[0]}" : $"{leg.Interface} {leg.NetworkName}"));
        var web = _host.Open("web");
        Assert.Contains("mtu 1450", web.Run(() => Commands.Run("ip", "link", "show", "eth0")));
        // The leg goes with its end in the fabric, which tells of it there alone.
        using (var fabric = NetworkNamespace.Open(_host.FabricPin))
            fabric.Run(() => Commands.Run("sh", "-c", "ip link del $(ip -br link | grep -o '^s0-[^@ ]*')"));
        await Poll.UntilAsync("the leg is back", () => web.Run(() => Commands.Try("ip", "-4", "addr", "show", "eth0")).Output.Contains("10.0.1.9/24"));
        var healed = _host.Networking.Healed;
        _host.Space.Run(() => Commands.Run("ip", "link", "set", "eth0", "mtu", "1400"));
        await Poll.UntilAsync("the leg has followed", async () =>
        {
            await _host.Networking.VerifyAsync(whole: true, default);
            return web.Run(() => Commands.Run("ip", "link", "show", "eth0"));
        }, shown => shown.Contains("mtu 1350", StringComparison.Ordinal));
        Assert.Equal(healed, _host.Networking.Healed);
    }

    [Fact]
    public async Task A_connect_that_a_killed_daemon_had_begun_is_finished_when_the_swarm_is_heard_of()
    {
        await JoinAsync();
        await _host.RunAsync("web");
        var (web, definition) = (_host.Open("web"), _host.Containers[0]);
        definition.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "ov", Number = 1 });
        definition.Networks.Add(new StoredNetwork { Id = Ov.Id, Name = Ov.Name });
        await _host.RestartAsync("web");
        await JoinAsync();
        await Poll.UntilAsync("the leg is made", () => web.Run(() => Commands.Try("ip", "-4", "addr", "show", "eth1")).Output.Contains("10.0.1.9/24"), () => web.Run(() => Commands.Run("ip", "addr")));
        // And the other way about.
        definition.Networks.RemoveAt(definition.Networks.Count - 1);
        definition.Standalone.Endpoints.RemoveAt(1);
        await _host.RestartAsync("web");
        Assert.DoesNotContain("eth1", web.Run(() => Commands.Run("ip", "-br", "link")));
        Assert.Equal("eth0", Assert.Single(_host.Networking.Find(definition.Id)!.Legs).Interface);
    }

    [Fact]
    public async Task A_network_of_the_next_swarm_that_is_called_the_same_is_another()
    {
        await JoinAsync();
        await _host.RunAsync("former");
        await _host.RunAsync("web");
        foreach (var (container, id) in _host.Containers.Zip(["of the former swarm", Ov.Id]))
        {
            container.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "ov", Number = 1 });
            container.Networks.Add(new StoredNetwork { Id = id, Name = "ov" });
        }
        await _host.RestartAsync("former", "web");
        await JoinAsync();
        var (former, web) = (_host.Open("former"), _host.Open("web"));
        await Poll.UntilAsync("the leg is made", () => web.Run(() => Commands.Try("ip", "-4", "addr", "show", "eth1")).Output.Contains("10.0.1.9/24"), () => web.Run(() => Commands.Run("ip", "addr")));
        Assert.DoesNotContain("eth1", former.Run(() => Commands.Run("ip", "-br", "link")));
    }

    /// <summary>A manager gives each wish one address, as soon as it is wished.</summary>
    private async Task JoinAsync()
    {
        _given = ImmutableDictionary<string, OverlayEndpoint>.Empty;
        Publish();
        _host.FollowSwarm();
        await _host.Overlays.RecoverAsync([], default);
        _host.Attachments.Recovered();
        _manager = GiveAsync(_host.Attachments.Talk());
    }

    private async Task GiveAsync(AttachmentTalk talk)
    {
        while (true)
        {
            var words = await talk.NextAsync(_end.Token);
            foreach (var wish in words.Put)
            {
                var endpoint = new OverlayEndpoint { Id = $"n1/{wish.Id}", NetworkId = Ov.Id, NodeId = "n1", Addresses = { "10.0.1.9/24" }, Mac = "02:42:0a:00:01:09", Vtep = BridgeHost.Address };
                _given = _given.SetItem(endpoint.Id, endpoint);
            }
            _given = _given.RemoveRange(words.Removed.Select(id => $"n1/{id}"));
            Publish();
        }
    }

    private void Publish() => _host.Assignments.Publish(NodeAssignments.Empty with
    {
        Local = new LocalNode("n1", BridgeHost.Address, 4789),
        Networks = ImmutableDictionary<string, OverlayNetwork>.Empty.Add(Ov.Id, Ov),
        Endpoints = _given,
    });
}
