using Microsoft.Extensions.Logging;
using Skein.Agent.Bridges;
using Skein.Commands;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Hosting;

public sealed class DaemonOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_file_is_read_and_the_command_line_wins()
    {
        File.WriteAllText(_file, """
            { "data-root": "/data", "registry-mirrors": ["http://a:5000"], "log-level": "warn",
              "default-address-pools": [{"base": "10.10.0.0/16", "size": 24}] }
            """);

        var options = Parse("--data-root", "/other", "-H", "unix:///a.sock", "-H", "tcp://127.0.0.1:2375");

        Assert.Equal("/other", options.DataRoot);
        Assert.Equal(["unix:///a.sock", "tcp://127.0.0.1:2375"], options.Hosts);
        Assert.Equal(["http://a:5000"], options.RegistryMirrors);
        Assert.Equal(LogLevel.Warning, options.LogLevel);
        Assert.Equal(new AddressPool("10.10.0.0/16", 24), Assert.Single(options.DefaultAddressPools));
        Assert.Equal("/run/skein", options.ExecRoot);
    }

    [Fact]
    public void Layers_come_and_go_a_few_at_a_time_unless_told()
    {
        File.WriteAllText(_file, """{ "max-concurrent-downloads": 7, "max-concurrent-uploads": 0 }""");
        Assert.Equal((7, 5), (Parse().MaxConcurrentDownloads, Parse().MaxConcurrentUploads));
        Assert.Equal(1, Parse("--max-concurrent-uploads", "1").MaxConcurrentUploads);
        File.WriteAllText(_file, """{ "max-concurrent-uploads": -1 }""");
        Assert.Equal("invalid max concurrent uploads: -1", Assert.Throws<SkeinException>(() => Parse()).Message);
    }

    [Fact]
    public void The_log_driver_of_who_names_none_is_the_files_or_the_command_lines()
    {
        File.WriteAllText(_file, """{ "log-driver": "local", "log-opts": {"max-size": "50m"} }""");
        Assert.Equal(new LogDriver { Name = "local", Options = { ["max-size"] = "50m" } }, Parse().DefaultLogDriver);
        Assert.Equal(
            new LogDriver { Name = "local", Options = { ["max-size"] = "1m", ["max-file"] = "2" } },
            Parse("--log-opt", "max-size=5m", "--log-opt", "max-file=2", "--log-opt", "max-size=1m").DefaultLogDriver);
        File.WriteAllText(_file, "{}");
        Assert.Equal(new LogDriver { Name = "json-file" }, Parse().DefaultLogDriver);
    }

    [Theory]
    [InlineData("{}", "docker")]
    [InlineData("""{ "group": "wheel" }""", "wheel")]
    [InlineData("""{ "group": "wheel" }""", "adm", "-G", "adm")]
    public void The_sockets_group_is_Dockers_unless_told(string json, string group, params string[] arguments)
    {
        File.WriteAllText(_file, json);
        Assert.Equal(group, Parse(arguments).Group);
    }

    [Theory]
    [InlineData("""{ "data-rot": "/x", "b": 1 }""", "the following directives don't match any configuration option: data-rot, b")]
    [InlineData("""{ "data-root": 1 }""", "\"data-root\" must be a string")]
    [InlineData("""{ "hosts": "unix:///a" }""", "\"hosts\" must be a list of strings")]
    [InlineData("""[]""", "it holds no JSON object")]
    [InlineData("""{ "log-level": "loud" }""", "invalid logging level: loud")]
    [InlineData("""{ "log-driver": "cloud" }""", "failed to set log opts: logger: no log driver named 'cloud' is registered")]
    [InlineData("""{ "log-driver": "gelf" }""", "failed to set log opts: the log driver \"gelf\" is not supported")]
    [InlineData("""{ "log-opts": {"max-sise": "1m"} }""", "failed to set log opts: unknown log opt 'max-sise' for json-file log driver")]
    [InlineData("""{ "log-opts": {"max-file": 3} }""", "\"log-opts\" must be an object of strings")]
    [InlineData("""{ "hosts": ["http://x"] }""", "invalid bind address \"http://x\"")]
    [InlineData("""{ "hosts": [] }""", "no hosts: there must be a place where the API is served")]
    [InlineData("""{ "data-root": "" }""", "invalid data-root: \"\" must be an absolute path")]
    [InlineData("""{ "exec-root": "run" }""", "invalid exec-root: \"run\" must be an absolute path")]
    [InlineData("""{ "containerd": "c.sock" }""", "invalid containerd: \"c.sock\" must be an absolute path")]
    [InlineData("""{ "hosts": ["unix://relative.sock"] }""", "invalid bind address \"unix://relative.sock\"")]
    [InlineData("""{ "hosts": ["tcp://localhost:2375"] }""", "invalid bind address \"tcp://localhost:2375\"")]
    [InlineData("""{ "registry-mirrors": ["mirror:5000"] }""", "invalid mirror: \"mirror:5000\"")]
    [InlineData("""{ "registry-mirrors": ["https://mirror?x"] }""", "invalid mirror: query, or fragment at end of the URI \"https://mirror?x\"")]
    [InlineData("""{ "insecure-registries": ["http://registry"] }""", "insecure registry http://registry is not valid: invalid host \"http://registry\"")]
    [InlineData("""{ "insecure-registries": ["registry/path"] }""", "insecure registry registry/path is not valid")]
    [InlineData("""{ "labels": ["rack"] }""", "bad attribute format: rack")]
    [InlineData("""{ "labels": ["rack=1", "rack=2"] }""", "conflict labels for rack=2 and rack=1")]
    [InlineData("""{ "node-generic-resources": ["gpu"] }""", "could not parse GenericResource: incorrect term gpu, missing '=' or malformed expression")]
    [InlineData("""{ "node-generic-resources": ["gpu=-1"] }""", "could not parse GenericResource: cannot ask for negative resource gpu")]
    [InlineData("""{ "node-generic-resources": ["gpu=a", "gpu=1"] }""", "could not parse GenericResource: mixed discrete and named resources in expression 'gpu=[a 1]'")]
    [InlineData("""{ "default-address-pools": [{"base": "10.0.0.0/33", "size": 24}] }""", "invalid base pool: \"10.0.0.0/33\"")]
    [InlineData("""{ "default-address-pools": [{"base": "10.0.0.0/16", "size": 99}] }""", "invalid size 99 of the pool 10.0.0.0/16: from 16 to 29")]
    [InlineData("""{ "host-gateway-ip": "here" }""", "invalid host-gateway-ip: \"here\" must be an address")]
    [InlineData("""{ "host-gateway-ips": ["192.0.2.1", "192.0.2.2"] }""", "only one IPv4 host gateway IP address can be specified")]
    [InlineData("""{ "host-gateway-ips": ["::1", "fd00::1"] }""", "only one IPv6 host gateway IP address can be specified")]
    [InlineData("""{ "bip": "10.0.0.0/24" }""", "invalid bip: \"10.0.0.0/24\" must be an IPv4 address with its subnet")]
    [InlineData("""{ "bip": "10.0.0.1/24", "fixed-cidr": "10.1.0.0/25" }""", "invalid fixed-cidr: \"10.1.0.0/25\" must be a part of the subnet that bip names")]
    [InlineData("""{ "ipv6": true, "fixed-cidr-v6": "10.0.0.0/8" }""", "invalid fixed-cidr-v6: \"10.0.0.0/8\" must be an IPv6 subnet")]
    [InlineData("""{ "mtu": 12 }""", "invalid mtu: 12 must be from 68 to 65535")]
    [InlineData("""{ "mtu": "1400" }""", "\"mtu\" must be a whole number")]
    [InlineData("""{ "ip": "::1" }""", "invalid ip: \"::1\" must be an IPv4 address")]
    [InlineData("""{ "dns": ["here"] }""", "invalid dns: \"here\" must be an address")]
    [InlineData("""{ "iptables": false }""", "\"iptables\" cannot be false: rules and forwarding of containers are the daemon's")]
    [InlineData("""{ "bridge": "none" }""", "\"bridge\" of dockerd is not supported")]
    public void What_is_wrong_is_named(string json, string why)
    {
        File.WriteAllText(_file, json);
        Assert.Contains(why, Assert.Throws<SkeinException>(() => Parse()).Message);
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("registry:5000")]
    [InlineData("192.168.56.250:5000")]
    [InlineData("[fd00::1]:5000")]
    [InlineData("10.0.0.0/8")]
    public void A_registry_or_a_network_of_them_may_be_insecure(string entry)
    {
        File.WriteAllText(_file, "{}");
        Assert.Equal([entry], Parse("--insecure-registry", entry, "--label", "rack=", "--label", "rack=").InsecureRegistries);
    }

    [Fact]
    public void The_default_bridge_and_the_name_servers_are_the_files_or_the_command_lines()
    {
        File.WriteAllText(_file, """
            { "bip": "10.5.0.1/24", "fixed-cidr": "10.5.0.128/25", "icc": false, "mtu": 1400, "ip": "127.0.0.1", "ip-masq": false, "iptables": true, "ip-forward": true,
              "userland-proxy": false, "dns": ["192.0.2.1"], "dns-search": ["lan"], "dns-opts": ["ndots:2"] }
            """);
        Assert.Equal(new DefaultBridge("10.5.0.1/24", "10.5.0.128/25", "127.0.0.1") { Icc = false, IpMasq = false, Mtu = 1400 }, Parse().DefaultBridge);
        Assert.Equal(new DnsConfig { Nameservers = { "192.0.2.9" }, Search = { "lan" }, Options = { "ndots:2" } }, Parse("--dns", "192.0.2.9").Dns);
        File.WriteAllText(_file, "{}");
        Assert.Equal(("10.6.0.1/16", (DnsConfig?)null), (Parse("--bip", "10.6.0.1/16").DefaultBridge.Bip, Parse().Dns));
    }

    [Fact]
    public void The_hosts_gateway_is_one_address_of_a_family()
    {
        File.WriteAllText(_file, """{ "host-gateway-ips": ["192.0.2.1", "fd00::1"] }""");
        Assert.Equal(["192.0.2.1", "fd00::1"], Parse().HostGatewayIps);
        Assert.Equal(["192.0.2.9"], Parse("--host-gateway-ip", "192.0.2.9").HostGatewayIps);
    }

    [Fact]
    public void A_file_that_was_asked_for_must_exist()
    {
        File.Delete(_file);
        Assert.Contains(_file, Assert.Throws<SkeinException>(() => Parse()).Message);
    }

    private DaemonOptions Parse(params string[] arguments) =>
        DaemonCommand.Options(SkeinCommand.Create().Parse(["daemon", "--config-file", _file, .. arguments]));
}
