using System.Net;
using System.Text;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>A user's container's /etc/resolv.conf, /etc/hosts and /etc/hostname: made anew at each start, as Docker makes them.</summary>
internal sealed class AttachedFiles(BridgeNetworkingOptions options)
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string PathOf(string containerId, string name) => Path.Combine(options.FilesOf(containerId), name);

    /// <param name="extra">"ADDRESS NAME…" of others.</param>
    public void Write(UsersContainer container, IEnumerable<string> extra)
    {
        var definition = container.Definition;
        Directory.CreateDirectory(options.FilesOf(container.Id));
        Put(container.Id, "resolv.conf", ResolvConf(container));
        Put(container.Id, "hosts", ContainerFiles.Hosts(NamesOf(definition), extra, container.Legs.Where(leg => leg is not GatewayLeg).SelectMany(AddressesOf)));
        Put(container.Id, "hostname", definition.Hostname + "\n");
    }

    /// <summary>While it runs: what it, or its user, has written beside ours stays.</summary>
    public void Add(UsersContainer container, AttachedLeg leg)
    {
        var path = PathOf(container.Id, "hosts");
        if (File.Exists(path)) File.AppendAllText(path, string.Concat(AddressesOf(leg).Select(address => $"{address}\t{NamesOf(container.Definition)}\n")));
        WriteResolvers(container);
    }

    public void Remove(UsersContainer container, AttachedLeg leg)
    {
        var path = PathOf(container.Id, "hosts");
        var gone = AddressesOf(leg).Select(address => $"{address}\t{NamesOf(container.Definition)}").ToHashSet(StringComparer.Ordinal);
        if (File.Exists(path)) Overwrite(path, string.Concat(File.ReadAllLines(path).Where(line => !gone.Contains(line)).Select(line => line + "\n")));
        WriteResolvers(container);
    }

    /// <summary>One that it is linked to has other addresses by now.</summary>
    public void Relink(UsersContainer container, IReadOnlyList<(IPAddress Address, string Names)> linked)
    {
        var path = PathOf(container.Id, "hosts");
        if (linked.Count == 0 || !File.Exists(path)) return;
        // By the link's alias, which stands first: the other's own name may be another by now.
        var kept = new StringBuilder();
        var alias = AliasOf(linked[0].Names);
        foreach (var line in File.ReadAllLines(path).Where(line => line.Split('\t') is not [_, var names] || AliasOf(names) != alias)) kept.Append(line).Append('\n');
        foreach (var (address, names) in linked) kept.Append(address).Append('\t').Append(names).Append('\n');
        Overwrite(path, kept.ToString());
    }

    private void WriteResolvers(UsersContainer container)
    {
        var path = PathOf(container.Id, "resolv.conf");
        if (File.Exists(path)) Overwrite(path, ResolvConf(container));
    }

    private string ResolvConf(UsersContainer container)
    {
        var (dns, host) = (DnsDefaults.Merge(container.Definition.Spec.DnsConfig, options.Dns), ContainerFiles.LinesOf(options.HostResolvConf));
        return container.Legs.Any(leg => leg.HasNames) ? ContainerFiles.ResolvConf(dns, host) : ContainerFiles.DirectResolvConf(dns, host);
    }

    private void Put(string containerId, string name, string text)
    {
        var path = PathOf(containerId, name);
        if (File.Exists(path)) Overwrite(path, text);
        else WholeFile.Write(path, Encoding.UTF8.GetBytes(text), ReadableByAll, durable: false);
    }

    // In its place: it may be bound over the container's own, which shows this very file.
    private static void Overwrite(string path, string text)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        var bytes = Encoding.UTF8.GetBytes(text);
        // In this order: a full disk leaves what was there, and not nothing.
        file.Write(bytes);
        file.SetLength(bytes.Length);
    }

    private static string AliasOf(string names) => names.Split(' ')[0];

    private static IEnumerable<string> AddressesOf(AttachedLeg leg) => leg.Addresses.Select(address => address.Address.ToString());

    private static string NamesOf(ContainerDefinition definition) => ContainerFiles.NamesOf(definition.Hostname, definition.Standalone.Domainname);
}
