using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

/// <summary>With CFSSL itself (Debian's golang-cfssl) as the CA outside of the swarm, on a host of the lab.</summary>
[Collection(Alone.Name)]
public sealed class ExternalCaTests(ExternalCaTests.TwoHosts lab) : IClassFixture<ExternalCaTests.TwoHosts>
{
    private const string Folder = "/tmp/skein-external-ca";
    private const string Config = """
        {"signing":{"default":{"usages":["signing","digital signature","server auth","client auth"],"expiry":"2160h"},
        "profiles":{"CA":{"usages":["cert sign","crl sign"],"expiry":"8760h","is_ca":true,"ca_constraint":{"is_ca":true}}}}}
        """;

    private static string Url => $"https://{LabFixture.Address(1)}:8888/api/v1/cfssl/sign";

    [Fact]
    public async Task The_root_is_rotated_to_one_that_CFSSL_has_the_key_of_which_signs_for_who_joins_and_back()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/cfssl"), "CFSSL is not installed here (Debian's golang-cfssl)");
        var (manager, joining) = (lab.Host(1), lab.Host(2));
        await manager.OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)}");
        var certificate = await ServeAsync();

        await manager.OutputOfAsync($"swarm ca --rotate --ca-cert {certificate} --external-ca protocol=cfssl,url={Url},cacert={certificate}");
        Assert.Equal((await File.ReadAllTextAsync(certificate)).Trim(), await manager.OutputOfAsync("swarm ca"));
        Assert.Contains(Url, (await manager.RunAsync("info", "--format", "{{json .Swarm.Cluster.Spec.CAConfig}}")).Succeeded(), StringComparison.Ordinal);

        await lab.InsideAsync(1, $"kill $(cat {Folder}/pid)");
        var refused = await joining.RunAsync("swarm", "join", "--token", await TokenAsync(), $"{LabFixture.Address(1)}:2377");
        Assert.Contains("failed to sign CSR: external CA", refused.Errors, StringComparison.Ordinal);
        await StartAsync();
        await joining.OutputOfAsync($"swarm join --token {await TokenAsync()} {LabFixture.Address(1)}:2377");
        Assert.Contains("own-external-ca", await lab.InsideAsync(2, "openssl x509 -noout -issuer -in /var/lib/skein/swarm/certificates/swarm-node.pem"), StringComparison.Ordinal);

        var shown = await manager.OutputOfAsync("swarm ca --rotate");
        Assert.DoesNotContain("own-external-ca", await lab.InsideAsync(2, "openssl x509 -noout -issuer -in /var/lib/skein/swarm/certificates/swarm-node.pem"), StringComparison.Ordinal);
        Assert.EndsWith(await manager.OutputOfAsync("swarm ca"), shown, StringComparison.Ordinal);
        await lab.InsideAsync(1, $"kill $(cat {Folder}/pid)");
    }

    private Task<string> TokenAsync() => lab.Host(1).OutputOfAsync("swarm join-token --quiet worker");

    /// <summary>Its root certificate's file.</summary>
    private async Task<string> ServeAsync()
    {
        Directory.CreateDirectory(Folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=own-external-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddYears(5));
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var server = new CertificateRequest("CN=cfssl", serverKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(LabFixture.Address(1)));
        server.CertificateExtensions.Add(names.Build());
        using var served = server.Create(root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddYears(1), RandomNumberGenerator.GetBytes(8));
        await File.WriteAllTextAsync($"{Folder}/ca.pem", root.ExportCertificatePem() + "\n");
        await File.WriteAllTextAsync($"{Folder}/ca.key", key.ExportECPrivateKeyPem() + "\n");
        await File.WriteAllTextAsync($"{Folder}/server.pem", served.ExportCertificatePem() + "\n");
        await File.WriteAllTextAsync($"{Folder}/server.key", serverKey.ExportECPrivateKeyPem() + "\n");
        await File.WriteAllTextAsync($"{Folder}/config.json", Config);
        await StartAsync();
        return $"{Folder}/ca.pem";
    }

    private async Task StartAsync()
    {
        await lab.InsideAsync(1, $"cd {Folder}; setsid cfssl serve -address {LabFixture.Address(1)} -port 8888 -ca ca.pem -ca-key ca.key -config config.json -tls-cert server.pem -tls-key server.key >log 2>&1 </dev/null & echo $! > {Folder}/pid");
        await Poll.UntilAsync("CFSSL answers", () => lab.TryInsideAsync(1, $"curl -s -k -m 2 https://{LabFixture.Address(1)}:8888/"), answer => answer.ExitCode == 0);
    }

    public sealed class TwoHosts() : LabFixture(2);
}
