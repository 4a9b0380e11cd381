using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>Docker's swarm spec. Raft's numbers are shown with Docker's defaults and not used: the state is in etcd.</summary>
internal sealed record ClusterSpecJson
{
    public string? Name { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public OrchestrationJson? Orchestration { get; init; }
    public RaftJson? Raft { get; init; }
    public DispatcherJson? Dispatcher { get; init; }
    public CaConfigJson? CAConfig { get; init; }
    public TaskDefaultsJson? TaskDefaults { get; init; }
    public EncryptionJson? EncryptionConfig { get; init; }

    internal sealed record OrchestrationJson(long? TaskHistoryRetentionLimit);

    internal sealed record RaftJson(ulong SnapshotInterval, ulong? KeepOldSnapshots, ulong LogEntriesForSlowFollowers, int ElectionTick, int HeartbeatTick);

    internal sealed record DispatcherJson(long HeartbeatPeriod);

    internal sealed record CaConfigJson(long NodeCertExpiry);

    internal sealed record TaskDefaultsJson;

    internal sealed record EncryptionJson(bool AutoLockManagers);

    public static ClusterSpecJson From(ClusterSpec spec) => new()
    {
        Name = spec.Annotations?.Name ?? "default",
        Labels = spec.Annotations?.Labels.ToDictionary() ?? [],
        Orchestration = new OrchestrationJson(spec.Orchestration?.TaskHistoryRetentionLimit),
        Raft = new RaftJson(10000, 0, 500, 10, 1),
        Dispatcher = new DispatcherJson(spec.Dispatcher?.HeartbeatPeriod ?? 0),
        CAConfig = new CaConfigJson(spec.Ca?.NodeCertExpiry ?? 0),
        TaskDefaults = new TaskDefaultsJson(),
        EncryptionConfig = new EncryptionJson(spec.AutolockManagers),
    };

    /// <summary>Zero and absent stand for the default, which whoever creates or updates the cluster fills in.</summary>
    public ClusterSpec ToModel()
    {
        if (EncryptionConfig?.AutoLockManagers == true)
            throw SkeinException.NotImplemented("autolock is not supported yet: create the swarm without --autolock");
        var spec = new ClusterSpec { Annotations = new Annotations { Name = Name is null or "" ? "default" : Name } };
        foreach (var (key, value) in Labels ?? new Dictionary<string, string>()) spec.Annotations.Labels[key] = value;
        if (Orchestration?.TaskHistoryRetentionLimit is { } limit)
            spec.Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = limit };
        if (Dispatcher is { HeartbeatPeriod: not 0 }) spec.Dispatcher = new DispatcherConfig { HeartbeatPeriod = Dispatcher.HeartbeatPeriod };
        if (CAConfig is { NodeCertExpiry: not 0 }) spec.Ca = new CaConfig { NodeCertExpiry = CAConfig.NodeCertExpiry };
        return spec;
    }
}
