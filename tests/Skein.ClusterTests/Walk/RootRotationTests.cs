using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(Alone.Name)]
public sealed class RootRotationTests(RootRotationTests.ThreeManagersAWorkerAndAHost lab) : IClassFixture<RootRotationTests.ThreeManagersAWorkerAndAHost>
{
    private Docker Manager => lab.Host(1);

    [Fact]
    public async Task The_root_is_rotated_while_a_service_runs_and_nothing_of_it_is_begun_anew()
    {
        await Manager.CreateServiceAsync("--name during --mode global --publish 8130:80 httpd");
        var (before, root) = (await ContainersAsync(), await Manager.OutputOfAsync("swarm ca"));
        var tokens = await TokensAsync();

        var shown = await Manager.OutputOfAsync("swarm ca --rotate");

        var now = await Manager.OutputOfAsync("swarm ca");
        Assert.NotEqual(root, now);
        Assert.EndsWith(now, shown, StringComparison.Ordinal);
        await AllHaveAsync(now);
        Assert.Equal(before, await ContainersAsync());
        Assert.Contains("It works!", await lab.InsideAsync(0, $"curl -s -m 20 http://{LabFixture.Address(4)}:8130/"), StringComparison.Ordinal);
        Assert.Contains("GET / HTTP/1.1", await Manager.OutputOfAsync("service logs during"), StringComparison.Ordinal);
        Assert.Empty(tokens.Intersect(await TokensAsync()));
        var refused = await lab.Host(5).RunAsync("swarm", "join", "--token", tokens[0], $"{LabFixture.Address(1)}:2377");
        Assert.Contains("remote CA does not match fingerprint", refused.Errors, StringComparison.Ordinal);
        await EtcdTrustsAsync(now);
        await Manager.OutputOfAsync("service rm during");
    }

    [Fact]
    public async Task A_node_that_is_down_is_waited_for_while_managers_restart_others_join_and_another_rotation_is_begun()
    {
        var root = await Manager.OutputOfAsync("swarm ca");
        await lab.LabAsync("kill", "h4");
        await Poll.UntilAsync("h4 is down", () => Manager.OutputOfAsync("node ls --filter name=h4 --format {{.Status}}"), status => status == "Down");
        await Manager.OutputOfAsync("swarm ca --rotate --detach");
        await RenewedAsync("h1", "h2", "h3");
        var firstIssuer = await IssuerAsync();

        await lab.LabAsync("kill", "h2");
        await lab.LabAsync("start", "h2");
        await ReadyAsync("h2", "Ready/Reachable", "Ready/Leader");
        await lab.Host(5).OutputOfAsync($"swarm join --token {(await TokensAsync())[0]} {LabFixture.Address(1)}:2377");

        await Manager.OutputOfAsync("swarm ca --rotate --detach");
        Assert.NotEqual(firstIssuer, await IssuerAsync());
        await RenewedAsync("h1", "h2", "h3", "h5");
        Assert.Equal(root, await Manager.OutputOfAsync("swarm ca"));
        Assert.Equal("true", await Manager.OutputOfAsync("info --format {{.Swarm.Cluster.RootRotationInProgress}}"));

        await lab.LabAsync("start", "h4");
        await Poll.UntilAsync("the rotation is over", () => Manager.OutputOfAsync("info --format {{.Swarm.Cluster.RootRotationInProgress}}"), running => running == "false");
        Assert.NotEqual(root, await Manager.OutputOfAsync("swarm ca"));
        await AllHaveAsync(await Manager.OutputOfAsync("swarm ca"));
        await LeaveAsync(5);
    }

    [Fact]
    public async Task The_leader_dies_in_the_midst_and_a_node_that_is_removed_is_waited_for_no_more()
    {
        await lab.Host(5).OutputOfAsync($"swarm join --token {(await TokensAsync())[0]} {LabFixture.Address(1)}:2377");
        await lab.LabAsync("kill", "h5");
        await Poll.UntilAsync("h5 is down", () => Manager.OutputOfAsync("node ls --filter name=h5 --format {{.Status}}"), status => status == "Down");
        var leader = (await Manager.LinesOfAsync("node ls --format {{.Hostname}}/{{.ManagerStatus}}")).Single(line => line.EndsWith("/Leader", StringComparison.Ordinal)).Split('/')[0];
        var other = lab.Host(leader == "h1" ? 2 : 1);
        var root = await other.OutputOfAsync("swarm ca");
        await other.OutputOfAsync("swarm ca --rotate --detach");

        await lab.LabAsync("kill", leader);
        await Poll.UntilAsync(
            "another manager leads",
            () => other.RunAsync("node", "ls", "--format", "{{.Hostname}}/{{.ManagerStatus}}"),
            nodes => nodes.ExitCode == 0 && nodes.Output.Split('\n').Any(line => line.EndsWith("/Leader", StringComparison.Ordinal) && !line.StartsWith(leader, StringComparison.Ordinal)));
        Assert.Equal("true", await other.OutputOfAsync("info --format {{.Swarm.Cluster.RootRotationInProgress}}"));
        await lab.LabAsync("start", leader);
        await Poll.UntilAsync("h5 is removed", () => other.RunAsync("node", "rm", "--force", "h5"), result => result.ExitCode == 0);

        await Poll.UntilAsync("the rotation is over", () => other.OutputOfAsync("info --format {{.Swarm.Cluster.RootRotationInProgress}}"), running => running == "false");
        Assert.NotEqual(root, await other.OutputOfAsync("swarm ca"));
        await ReadyAsync(leader, "Ready/Reachable", "Ready/Leader");
        await AllHaveAsync(await other.OutputOfAsync("swarm ca"));
        await lab.LabAsync("start", "h5");
        await LeaveAsync(5);
    }

    [Fact]
    public async Task A_root_of_ones_own_is_rotated_to_with_another_life_of_the_certificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=own-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddYears(5));
        var folder = Directory.CreateTempSubdirectory("skein-ca-").FullName;
        try
        {
            var (certPath, keyPath) = (Path.Combine(folder, "ca.pem"), Path.Combine(folder, "ca.key"));
            await File.WriteAllTextAsync(certPath, root.ExportCertificatePem() + "\n");
            await File.WriteAllTextAsync(keyPath, key.ExportECPrivateKeyPem() + "\n");
            var elsewhere = $"protocol=cfssl,url=https://{LabFixture.Address(5)}:8888/api/v1/cfssl/sign,cacert={certPath}";
            var nobody = await Manager.RunAsync("swarm", "ca", "--rotate", "--ca-cert", certPath, "--external-ca", elsewhere);
            Assert.Contains("there must be at least one valid, reachable external CA corresponding to the desired CA certificate", nobody.Errors, StringComparison.Ordinal);

            await Manager.OutputOfAsync($"swarm ca --rotate --ca-cert {certPath} --ca-key {keyPath} --cert-expiry 48h");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Assert.Equal(root.ExportCertificatePem(), await Manager.OutputOfAsync("swarm ca"));
        await AllHaveAsync(root.ExportCertificatePem());
        var end = await lab.InsideAsync(4, "openssl x509 -noout -enddate -in /var/lib/skein/swarm/certificates/swarm-node.pem");
        Assert.InRange(
            DateTimeOffset.ParseExact(end.Split('=')[1].Trim(), "MMM d HH:mm:ss yyyy 'GMT'", CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite | DateTimeStyles.AssumeUniversal),
            DateTimeOffset.UtcNow.AddHours(47), DateTimeOffset.UtcNow.AddHours(49));
        await EtcdTrustsAsync(root.ExportCertificatePem());
    }

    private Task<string[]> TokensAsync() => Task.WhenAll(Manager.OutputOfAsync("swarm join-token --quiet worker"), Manager.OutputOfAsync("swarm join-token --quiet manager"));

    private Task<string> IssuerAsync() => Manager.OutputOfAsync("info --format {{.Swarm.Cluster.TLSInfo.CertIssuerPublicKey}}");

    private async Task<string> ContainersAsync()
    {
        List<string> all = [];
        for (var host = 1; host <= 4; host++) all.AddRange(await lab.Host(host).ContainersOfAsync("during", all: true));
        return string.Join(' ', all);
    }

    private async Task RenewedAsync(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            await Poll.UntilAsync(
                $"{node} has a certificate by who issues now",
                async () => (await Manager.OutputOfAsync($"node inspect --format {{{{.Description.TLSInfo.CertIssuerPublicKey}}}} {node}"), await IssuerAsync()),
                keys => keys.Item1 == keys.Item2);
        }
    }

    private Task AllHaveAsync(string root) => Poll.UntilAsync(
        "every node trusts the root",
        async () =>
        {
            var nodes = await Manager.LinesOfAsync("node ls --quiet");
            return await Task.WhenAll(nodes.Select(node => Manager.OutputOfAsync($"node inspect --format {{{{.Description.TLSInfo.TrustRoot}}}} {node}")));
        },
        roots => roots.All(one => one.Trim() == root.Trim()));

    /// <summary>By what its members were started with.</summary>
    private Task EtcdTrustsAsync(string root)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(root.Trim() + "\n")))[..16];
        return Poll.UntilAsync(
            "the managers' etcd trusts the root, and no other",
            () => Task.WhenAll(Enumerable.Range(1, 3).Select(host => lab.InsideAsync(host, "ls /var/lib/skein/swarm/etcd | grep ^root-"))),
            names => names.All(name => name == $"root-{digest}.pem"));
    }

    private Task ReadyAsync(string host, params string[] states) => Poll.UntilAsync(
        $"{host} is back", () => Manager.RunAsync("node", "ls", "--filter", $"name={host}", "--format", "{{.Status}}/{{.ManagerStatus}}"), result => states.Contains(result.Output.Trim()));

    private async Task LeaveAsync(int host)
    {
        await Poll.UntilAsync("it leaves", () => lab.Host(host).RunAsync("swarm", "leave", "--force"), result => result.ExitCode == 0 || result.Errors.Contains("not part of a swarm", StringComparison.Ordinal));
        await Poll.UntilAsync("it is removed", () => Manager.RunAsync("node", "rm", "--force", $"h{host}"), result => result.ExitCode == 0 || result.Errors.Contains("not found", StringComparison.Ordinal));
    }

    public sealed class ThreeManagersAWorkerAndAHost() : LabFixture(5)
    {
        protected override async Task PrepareAsync()
        {
            await Host(1).OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
            var manager = await Host(1).OutputOfAsync("swarm join-token --quiet manager");
            var worker = await Host(1).OutputOfAsync("swarm join-token --quiet worker");
            foreach (var host in (int[])[2, 3]) await Host(host).OutputOfAsync($"swarm join --token {manager} {Address(1)}:2377");
            await Host(4).OutputOfAsync($"swarm join --token {worker} {Address(1)}:2377");
        }
    }
}
