using System.CommandLine;
using Grpc.Core;
using Skein.Hosting;
using Skein.Model;

namespace Skein.Commands;

/// <summary>`skein daemon`: options as dockerd's where it has them; each stands in daemon.json as well, and the command line wins.</summary>
internal static class DaemonCommand
{
    private static readonly Option<string> ConfigFile = new("--config-file")
    {
        Description = "The daemon's configuration file",
        HelpName = "PATH",
        DefaultValueFactory = _ => DaemonOptions.DefaultConfigFile,
    };

    private static readonly Option<string?> DataRoot = Text("--data-root", "Persistent state (default /var/lib/skein)", "PATH");
    private static readonly Option<string?> ExecRoot = Text("--exec-root", "State of execution (default /run/skein)", "PATH");
    private static readonly Option<string[]> Hosts = Texts("--host", "Where to serve the Engine API: unix:///PATH or tcp://IP:PORT (default unix:///var/run/docker.sock)", "URL", "-H");
    private static readonly Option<string?> Group = Text("--group", "Group for the unix sockets (default docker, where the host has it)", "GROUP", "-G");
    private static readonly Option<string?> Containerd = Text("--containerd", "containerd's socket (default /run/containerd/containerd.sock)", "PATH");
    private static readonly Option<string?> ContainerdNamespace = Text("--containerd-namespace", "containerd's namespace for our containers (default skein)", "NAME");
    private static readonly Option<string?> Etcd = Text("--etcd", "The etcd program that managers run (default etcd)", "PATH");
    private static readonly Option<string?> BuildKit = Text("--buildkit", "BuildKit's socket, for docker build (default /run/buildkit/buildkitd.sock)", "PATH");
    private static readonly Option<string[]> Mirrors = Texts("--registry-mirror", "Mirror of docker.io to ask first", "URL");
    private static readonly Option<string[]> Insecure = Texts("--insecure-registry", "Registry without verifiable TLS", "HOST");
    private static readonly Option<int?> Downloads = Number("--max-concurrent-downloads", "Layers that come from one registry at a time (default 3)");
    private static readonly Option<int?> Uploads = Number("--max-concurrent-uploads", "Layers that go to one registry at a time (default 5)");
    private static readonly Option<string?> LogDriver = Text("--log-driver", "Log driver of containers that name none (default json-file)", "NAME");
    private static readonly Option<string[]> LogOpts = Texts("--log-opt", "Option of that driver, NAME=VALUE", "OPTION");
    private static readonly Option<string?> Level = Text("--log-level", "debug, info, warn, error or fatal (default info)", "LEVEL", "-l");
    private static readonly Option<bool> Debug = new("--debug", "-D") { Description = "The same as --log-level debug" };
    private static readonly Option<string[]> Labels = Texts("--label", "Engine label, KEY=VALUE", "LABEL");
    private static readonly Option<string[]> Generic = Texts("--node-generic-resource", "What services may reserve here: KIND=NUMBER or KIND=NAME", "RESOURCE");
    private static readonly Option<string?> Bip = Text("--bip", "Address and subnet of the default bridge", "CIDR");
    private static readonly Option<string[]> Dns = Texts("--dns", "Name server of containers that name none", "IP");
    private static readonly Option<string[]> HostGateways = Texts("--host-gateway-ip", "What host-gateway stands for in --add-host (default the bridge's own address)", "IP");
    private static readonly Option<string?> CgroupParent = Text("--cgroup-parent", "Parent of the containers' cgroups (default /skein)", "PATH");
    private static readonly Option<string?> Advertise = Text("--swarm-default-advertise-addr", "Address or interface to advertise in a swarm", "ADDR");

    public static Command Create()
    {
        var command = new Command("daemon", "Run the daemon: it answers the Docker Engine API and takes this host's part in a swarm.")
        {
            ConfigFile, DataRoot, ExecRoot, Hosts, Group, Containerd, ContainerdNamespace, Etcd, BuildKit, Mirrors, Insecure, Downloads, Uploads, LogDriver, LogOpts, Level, Debug, Labels, Generic, Bip, Dns, HostGateways, CgroupParent, Advertise,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancel)
    {
        // Signals are handled from the first return on: a daemon that is told to end in its first moments must hear it.
        await Task.Yield();
        try
        {
            var options = Options(result);
            if (!Environment.IsPrivilegedProcess)
                throw new SkeinException(ErrorKind.Forbidden, "the daemon makes namespaces, mounts and nftables rules: run it as root");
            await Daemon.RunAsync(options, cancel);
            return 0;
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return 0;   // told to end while it waited for containerd, or read from it
        }
        catch (Exception e) when (e is SkeinException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync("skein: " + e.Message);
            return 1;
        }
    }

    internal static DaemonOptions Options(ParseResult result)
    {
        var file = result.GetRequiredValue(ConfigFile);
        var options = DaemonConfigFile.Read(file, required: file != DaemonOptions.DefaultConfigFile, new());
        options = options with
        {
            DataRoot = result.GetValue(DataRoot) ?? options.DataRoot,
            ExecRoot = result.GetValue(ExecRoot) ?? options.ExecRoot,
            Hosts = Given(result, Hosts) ?? options.Hosts,
            Group = result.GetValue(Group) ?? options.Group,
            Containerd = result.GetValue(Containerd) ?? options.Containerd,
            ContainerdNamespace = result.GetValue(ContainerdNamespace) ?? options.ContainerdNamespace,
            Etcd = result.GetValue(Etcd) ?? options.Etcd,
            BuildKit = result.GetValue(BuildKit) ?? options.BuildKit,
            RegistryMirrors = Given(result, Mirrors) ?? options.RegistryMirrors,
            InsecureRegistries = Given(result, Insecure) ?? options.InsecureRegistries,
            MaxConcurrentDownloads = result.GetValue(Downloads) ?? options.MaxConcurrentDownloads,
            MaxConcurrentUploads = result.GetValue(Uploads) ?? options.MaxConcurrentUploads,
            LogDriver = result.GetValue(LogDriver) ?? options.LogDriver,
            LogOpts = Given(result, LogOpts) is { } given ? Named(given) : options.LogOpts,
            Labels = Given(result, Labels) ?? options.Labels,
            NodeGenericResources = Given(result, Generic) ?? options.NodeGenericResources,
            DefaultBridge = result.GetValue(Bip) is { } bip ? options.DefaultBridge with { Bip = bip } : options.DefaultBridge,
            Dns = Given(result, Dns) is { } servers ? Named(options.Dns, servers) : options.Dns,
            HostGatewayIps = Given(result, HostGateways) ?? options.HostGatewayIps,
            CgroupParent = result.GetValue(CgroupParent) ?? options.CgroupParent,
            SwarmDefaultAdvertiseAddr = result.GetValue(Advertise) ?? options.SwarmDefaultAdvertiseAddr,
        };
        if (result.GetValue(Level) is { } level) options = options with { LogLevel = LogLevels.Parse(level) };
        if (result.GetValue(Debug)) options = options with { LogLevel = LogLevel.Debug };
        return options.Checked();
    }

    /// <summary>Of two values of one name the later is meant, and a name alone is empty, as in Docker.</summary>
    private static Dictionary<string, string> Named(IEnumerable<string> options)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in options.Select(text => text.Split('=', 2))) named[option[0]] = option.Length > 1 ? option[1] : "";
        return named;
    }

    private static DnsConfig Named(DnsConfig? ofFile, string[] servers)
    {
        var dns = ofFile?.Clone() ?? new DnsConfig();
        dns.Nameservers.Clear();
        dns.Nameservers.Add(servers);
        return dns;
    }

    private static string[]? Given(ParseResult result, Option<string[]> option) =>
        result.GetValue(option) is { Length: > 0 } values ? values : null;

    private static Option<string?> Text(string name, string description, string value, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value };

    private static Option<int?> Number(string name, string description) => new(name) { Description = description, HelpName = "NUMBER" };

    private static Option<string[]> Texts(string name, string description, string value, params string[] aliases) =>
        new(name, aliases) { Description = description + "; may be repeated", HelpName = value, Arity = ArgumentArity.OneOrMore };
}
