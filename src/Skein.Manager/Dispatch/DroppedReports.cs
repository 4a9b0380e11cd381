using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Skein.Manager.Dispatch;

/// <summary>What nodes send that no node can mean is dropped here: counted, said now and then, and never in anybody's way.</summary>
internal sealed partial class DroppedReports(TimeProvider time, ILogger log)
{
    private static readonly Meter s_meter = new("Skein.Manager");
    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>(
        "skein.reports.dropped", description: "Reports, descriptions and log lines of nodes that were not taken");

    private readonly ConcurrentDictionary<string, long> _byNode = new(StringComparer.Ordinal);
    private readonly Repeats _said = new(time);
    private readonly ILogger _log = log;

    public long Of(string nodeId) => _byNode.GetValueOrDefault(nodeId);

    /// <param name="flaw">In words of ours: what the node wrote stays out of the log.</param>
    public void Drop(string nodeId, string flaw)
    {
        s_dropped.Add(1);
        var count = _byNode.AddOrUpdate(nodeId, 1, (_, before) => before + 1);
        if (_said.IsNews($"{nodeId} {flaw}")) LogDropped(nodeId, flaw, count);
    }

    [LoggerMessage(2450, LogLevel.Warning, "Node {Node} sent {Flaw}: it is dropped, {Count} of it so far")]
    private partial void LogDropped(string node, string flaw, long count);
}
