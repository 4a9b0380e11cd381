using Microsoft.Extensions.Logging;
using Skein.Linux.Iptables;
using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>Looks at the firewalls of others on this host whenever something in its nftables has changed, and gets along with them.</summary>
internal sealed partial class HostFirewall(NetworkNamespace host, ILogger log)
{
    private readonly ILogger _log = log;
    private uint? _seen;
    private byte[]? _legacySeen;
    private IReadOnlyList<PacketNeed> _needs = [];
    private volatile IReadOnlyList<string> _warnings = [];

    /// <summary>What of the swarm's packets is dropped by whom, and what cures it; from any thread.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <exception cref="NftablesException"/>
    /// <exception cref="Linux.LinuxException"/>
    public void Follow(IReadOnlyList<PacketNeed> needs)
    {
        var generation = NftablesGeneration.Read(host);
        // Of these the kernel counts no changes. Nearly every host has none, which costs a look into /proc.
        var legacy = LegacyFilterTable.Read(host);
        if (generation == _seen && legacy.AsSpan().SequenceEqual(_legacySeen) && needs.SequenceEqual(_needs)) return;
        Look(needs, legacy);
        // A change of ours makes another number, and so one more look, which finds nothing to do.
        (_seen, _legacySeen, _needs) = (generation, legacy, needs);
    }

    private void Look(IReadOnlyList<PacketNeed> needs, byte[]? legacy)
    {
        try
        {
            var plan = FirewallPlan.Of([.. FirewallReader.Read(host, Ruleset.TableName), .. LegacyChains.Of(legacy)], needs);
            Tell([.. plan.Warnings, .. plan.Cures.SelectMany(Try)]);
        }
        catch (Exception error) when (error is InvalidOperationException or KeyNotFoundException or InvalidDataException)
        {
            // A later libnftables may say things in another form: what is not understood is not changed.
            LogNotUnderstood(error);
        }
    }

    /// <summary>This host leaves the swarm.</summary>
    public void Remove()
    {
        Look([], legacy: null);
        (_seen, _legacySeen, _needs) = (null, null, []);
        Tell([]);
    }

    /// <returns>What there is to say when it was refused.</returns>
    private IReadOnlyList<string> Try(FirewallCure cure)
    {
        try
        {
            NftablesSession.Apply(host, cure.Commands);
            LogChanged(cure.Chain, cure.Commands.TrimEnd().Replace("\n", "; ", StringComparison.Ordinal));
            return [];
        }
        catch (NftablesException)
        {
            return cure.Otherwise;   // the table has an owner, or has just been changed
        }
    }

    private void Tell(IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings.Except(_warnings)) LogDrops(warning);
        if (warnings.Count == 0 && _warnings.Count > 0) LogPasses();
        _warnings = warnings;
    }

    [LoggerMessage(4210, LogLevel.Information, "Chain {Chain} of this host's firewall concerns containers: {Commands}")]
    private partial void LogChanged(string chain, string commands);

    [LoggerMessage(4213, LogLevel.Warning, "The rules of this host's firewall could not be understood; whether it lets the swarm's packets pass is not known")]
    private partial void LogNotUnderstood(Exception error);

    [LoggerMessage(4211, LogLevel.Warning, "{Warning}")]
    private partial void LogDrops(string warning);

    [LoggerMessage(4212, LogLevel.Information, "This host's firewall no longer drops what the swarm needs")]
    private partial void LogPasses();
}
