using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(Alone.Name)]
public sealed class FormerManagerTests(FormerManagerTests.ThreeManagers lab) : IClassFixture<FormerManagerTests.ThreeManagers>
{
    private const string Kept = "/tmp/kept.pem";

    [Fact]
    public async Task The_certificate_of_a_demoted_manager_opens_no_port_of_etcds_peers_and_a_new_one_does()
    {
        var manager = lab.Host(1);
        await KeepAsync();
        Assert.All(await AnswersAsync(), answer => Assert.Contains("etcdserver", answer, StringComparison.Ordinal));

        await manager.OutputOfAsync("node demote h3");
        await Poll.UntilAsync("it opens nothing", AnswersAsync, answers => answers.All(answer => !answer.Contains("etcdserver", StringComparison.Ordinal)));
        await manager.CreateServiceAsync("--name after --replicas 3 httpd");

        await manager.OutputOfAsync("node promote h3");
        await Poll.UntilAsync("it is a manager again", () => manager.OutputOfAsync("node ls --filter name=h3 --format {{.ManagerStatus}}"), status => status == "Reachable");
        await KeepAsync();
        Assert.All(await AnswersAsync(), answer => Assert.Contains("etcdserver", answer, StringComparison.Ordinal));
        await manager.OutputOfAsync("service rm after");
    }

    private Task KeepAsync() => lab.InsideAsync(3, $"cp /var/lib/skein/swarm/certificates/swarm-node.pem {Kept}");

    private Task<string[]> AnswersAsync() => Task.WhenAll(((int[])[1, 2]).Select(async host =>
        (await lab.TryInsideAsync(3, $"curl -s -m 5 -k --http1.1 --no-alpn --cert {Kept} --key {Kept} https://{LabFixture.Address(host)}:2380/version")).Output));

    public sealed class ThreeManagers() : LabFixture(3)
    {
        protected override async Task PrepareAsync()
        {
            await Host(1).OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
            var token = await Host(1).OutputOfAsync("swarm join-token --quiet manager");
            foreach (var host in (int[])[2, 3]) await Host(host).OutputOfAsync($"swarm join --token {token} {Address(1)}:2377");
        }
    }
}
