using System.Text.Json;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>Reads daemon.json. What it does not know it refuses by name: a misspelt option must not be silently without effect.</summary>
internal static class DaemonConfigFile
{
    /// <param name="required">False for the default path, which need not exist.</param>
    /// <exception cref="SkeinException">The file is no JSON object, or holds an unknown key or a value of another type.</exception>
    public static DaemonOptions Read(string path, bool required, DaemonOptions options)
    {
        if (!required && !File.Exists(path)) return options;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Wrong(path, "it holds no JSON object");
            List<string> unknown = [];
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (Apply(path, property, options) is { } next) options = next;
                else unknown.Add(property.Name);
            }
            return unknown.Count == 0
                ? options
                : throw Wrong(path, $"the following directives don't match any configuration option: {string.Join(", ", unknown)}");
        }
        catch (JsonException e)
        {
            throw Wrong(path, e.Message);
        }
        catch (IOException e)
        {
            throw Wrong(path, e.Message);
        }
    }

    /// <summary>null when the key is not known.</summary>
    private static DaemonOptions? Apply(string path, JsonProperty property, DaemonOptions options) => property.Name switch
    {
        "data-root" => options with { DataRoot = Text(path, property) },
        "exec-root" => options with { ExecRoot = Text(path, property) },
        "hosts" => options with { Hosts = Texts(path, property) },
        "group" => options with { Group = Text(path, property) },
        "containerd" => options with { Containerd = Text(path, property) },
        "containerd-namespace" => options with { ContainerdNamespace = Text(path, property) },
        "buildkit" => options with { BuildKit = Text(path, property) },
        "etcd" => options with { Etcd = Text(path, property) },
        "registry-mirrors" => options with { RegistryMirrors = Texts(path, property) },
        "insecure-registries" => options with { InsecureRegistries = Texts(path, property) },
        "max-concurrent-downloads" => options with { MaxConcurrentDownloads = Number(path, property) },
        "max-concurrent-uploads" => options with { MaxConcurrentUploads = Number(path, property) },
        "log-driver" => options with { LogDriver = Text(path, property) },
        "log-opts" => options with { LogOpts = TextsByName(path, property) },
        "log-level" => options with { LogLevel = LogLevels.Parse(Text(path, property)) },
        "debug" => Flag(path, property) ? options with { LogLevel = LogLevel.Debug } : options,
        "labels" => options with { Labels = Texts(path, property) },
        "node-generic-resources" => options with { NodeGenericResources = Texts(path, property) },
        "allow-services" => options with { AllowServices = Texts(path, property) },
        "default-address-pools" => options with { DefaultAddressPools = Pools(path, property) },
        "bip" => options with { DefaultBridge = options.DefaultBridge with { Bip = Text(path, property) } },
        "fixed-cidr" => options with { DefaultBridge = options.DefaultBridge with { FixedCidr = Text(path, property) } },
        "fixed-cidr-v6" => options with { DefaultBridge = options.DefaultBridge with { FixedCidrV6 = Text(path, property) } },
        "ipv6" => options with { DefaultBridge = options.DefaultBridge with { Ipv6 = Flag(path, property) } },
        "icc" => options with { DefaultBridge = options.DefaultBridge with { Icc = Flag(path, property) } },
        "ip-masq" => options with { DefaultBridge = options.DefaultBridge with { IpMasq = Flag(path, property) } },
        "ip" => options with { DefaultBridge = options.DefaultBridge with { Ip = Text(path, property) } },
        "mtu" => options with { DefaultBridge = options.DefaultBridge with { Mtu = (uint)Math.Max(Number(path, property), 0) } },
        "dns" => options with { Dns = WithDns(options, dns => dns.Nameservers.Add(Texts(path, property))) },
        "dns-search" => options with { Dns = WithDns(options, dns => dns.Search.Add(Texts(path, property))) },
        "dns-opts" => options with { Dns = WithDns(options, dns => dns.Options.Add(Texts(path, property))) },
        // Nothing of a published port stands in a program here, whichever is wished.
        "userland-proxy" => Without(options, Flag(path, property)),
        // Whose rules these are: without them there is no network of containers.
        "iptables" or "ip6tables" or "ip-forward" => Flag(path, property) ? options : throw Wrong(path, $"\"{property.Name}\" cannot be false: rules and forwarding of containers are the daemon's"),
        "bridge" or "default-gateway" or "default-gateway-v6" or "default-network-opts" or "ip-forward-no-drop" or "allow-direct-routing" or "userland-proxy-path" or "firewall-backend" =>
            throw Wrong(path, $"\"{property.Name}\" of dockerd is not supported"),
        "host-gateway-ip" => options with { HostGatewayIps = [Text(path, property)] },
        "host-gateway-ips" => options with { HostGatewayIps = Texts(path, property) },
        "cgroup-parent" => options with { CgroupParent = Text(path, property) },
        "swarm-default-advertise-addr" => options with { SwarmDefaultAdvertiseAddr = Text(path, property) },
        _ => null,
    };

    private static string Text(string path, JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw Wrong(path, $"\"{property.Name}\" must be a string");

    private static int Number(string path, JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out var number) ? number : throw Wrong(path, $"\"{property.Name}\" must be a whole number");

    /// <summary>Read, and of no consequence.</summary>
    private static DaemonOptions Without(DaemonOptions options, bool _) => options;

    private static DnsConfig WithDns(DaemonOptions options, Action<DnsConfig> change)
    {
        var dns = options.Dns?.Clone() ?? new DnsConfig();
        change(dns);
        return dns;
    }

    private static bool Flag(string path, JsonProperty property) =>
        property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? property.Value.GetBoolean()
            : throw Wrong(path, $"\"{property.Name}\" must be true or false");

    private static IReadOnlyList<string> Texts(string path, JsonProperty property)
    {
        if (property.Value.ValueKind != JsonValueKind.Array || property.Value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw Wrong(path, $"\"{property.Name}\" must be a list of strings");
        return [.. property.Value.EnumerateArray().Select(item => item.GetString()!)];
    }

    private static Dictionary<string, string> TextsByName(string path, JsonProperty property)
    {
        if (property.Value.ValueKind != JsonValueKind.Object || property.Value.EnumerateObject().Any(item => item.Value.ValueKind != JsonValueKind.String))
            throw Wrong(path, $"\"{property.Name}\" must be an object of strings, such as {{\"max-size\": \"10m\"}}");
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in property.Value.EnumerateObject()) named[item.Name] = item.Value.GetString()!;
        return named;
    }

    private static IReadOnlyList<AddressPool> Pools(string path, JsonProperty property)
    {
        var form = $"\"{property.Name}\" must be a list of {{\"base\": \"10.10.0.0/16\", \"size\": 24}}";
        if (property.Value.ValueKind != JsonValueKind.Array) throw Wrong(path, form);
        List<AddressPool> pools = [];
        foreach (var item in property.Value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("base", out var cidr) || cidr.ValueKind != JsonValueKind.String
                || !item.TryGetProperty("size", out var size) || !size.TryGetInt32(out var prefix))
                throw Wrong(path, form);
            pools.Add(new(cidr.GetString()!, prefix));
        }
        return pools;
    }

    private static SkeinException Wrong(string path, string why) =>
        SkeinException.Invalid($"unable to configure the Skein daemon with file {path}: {why}");
}
