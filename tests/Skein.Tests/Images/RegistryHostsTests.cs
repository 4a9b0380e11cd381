using Skein.Agent.Images;
using Skein.Agent.Images.Registry;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public class RegistryHostsTests
{
    private static readonly RegistryConfig Config = new(["http://192.168.56.2:5000/"], ["10.0.0.0/8", "plain.example:80"]);

    private static string Hosts(string domain) =>
        string.Join(' ', RegistryHosts.For(domain, Config).Select(h => h.Base + (h.Insecure ? "!" : "") + (h.IsMirror ? "m" : "")));

    [Theory]
    [InlineData("docker.io", "http://192.168.56.2:5000m https://registry-1.docker.io")]
    [InlineData("quay.io", "https://quay.io")]
    [InlineData("plain.example:80", "https://plain.example:80! http://plain.example:80!")]
    [InlineData("plain.example", "https://plain.example")]
    [InlineData("10.1.2.3:5000", "https://10.1.2.3:5000! http://10.1.2.3:5000!")]
    [InlineData("11.1.2.3:5000", "https://11.1.2.3:5000")]
    [InlineData("localhost:5000", "https://localhost:5000! http://localhost:5000!")]
    [InlineData("[::1]:5000", "https://[::1]:5000! http://[::1]:5000!")]
    public void Mirrors_serve_the_hub_and_plain_http_only_what_is_listed_or_loopback(string domain, string expected) =>
        Assert.Equal(expected, Hosts(domain));

    [Theory]
    [InlineData("[::::]")]
    [InlineData("[abc")]
    [InlineData("a b")]
    [InlineData("")]
    public void What_can_be_no_host_is_said_so(string domain)
    {
        var error = Assert.Throws<SkeinException>(() => RegistryHosts.For(domain, Config));
        Assert.Equal((ErrorKind.InvalidArgument, $"invalid registry host: {domain}"), (error.Kind, error.Message));
    }
}
