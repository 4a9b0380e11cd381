using System.Text;
using Google.Protobuf;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Specs;

namespace Skein.Api.Swarm;

/// <summary>Docker's swarm spec. Raft's numbers are kept and shown and nothing goes by them: the state is in etcd.</summary>
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

    internal sealed record RaftJson(ulong SnapshotInterval, ulong? KeepOldSnapshots, ulong LogEntriesForSlowFollowers, long ElectionTick, long HeartbeatTick)
    {
        public static RaftJson From(RaftConfig raft) => new(raft.SnapshotInterval, raft.KeepOldSnapshots, raft.LogEntriesForSlowFollowers, raft.ElectionTick, raft.HeartbeatTick);

        public RaftConfig ToModel() => new()
        {
            SnapshotInterval = SnapshotInterval,
            KeepOldSnapshots = KeepOldSnapshots ?? 0,
            LogEntriesForSlowFollowers = LogEntriesForSlowFollowers,
            ElectionTick = Ticks(ElectionTick),
            HeartbeatTick = Ticks(HeartbeatTick),
        };

        private static uint Ticks(long wanted) =>
            wanted is >= 0 and <= uint.MaxValue ? (uint)wanted : throw SkeinException.Invalid($"invalid number of ticks: {wanted}");
    }

    internal sealed record DispatcherJson(long HeartbeatPeriod);

    internal sealed record CaConfigJson
    {
        public long NodeCertExpiry { get; init; }
        public IReadOnlyList<ExternalCaJson>? ExternalCAs { get; init; }
        public string? SigningCACert { get; init; }
        public string? SigningCAKey { get; init; }
        public ulong? ForceRotate { get; init; }
    }

    internal sealed record ExternalCaJson
    {
        public string? Protocol { get; init; }
        public string? URL { get; init; }
        public IReadOnlyDictionary<string, string>? Options { get; init; }
        public string? CACert { get; init; }

        public static ExternalCaJson From(ExternalCa ca) => new()
        {
            Protocol = ca.Protocol,
            URL = ca.Url,
            Options = ca.Options.Count == 0 ? null : ca.Options.ToDictionary(),
            CACert = ca.CaCert.ToStringUtf8(),
        };

        public ExternalCa ToModel()
        {
            if (!string.Equals(Protocol, "cfssl", StringComparison.OrdinalIgnoreCase)) throw SkeinException.Invalid($"invalid protocol: \"{Protocol}\"");
            var ca = new ExternalCa { Protocol = "cfssl", Url = URL ?? "" };
            foreach (var (key, value) in Options ?? new Dictionary<string, string>()) ca.Options[key] = value;
            if (CACert is { Length: > 0 }) ca.CaCert = ByteString.CopyFrom(CertificatePem.Normalize(Encoding.UTF8.GetBytes(CACert)));
            return ca;
        }
    }

    internal sealed record TaskDefaultsJson
    {
        public TaskSpecJson.LogDriverJson? LogDriver { get; init; }
    }

    internal sealed record EncryptionJson(bool AutoLockManagers);

    public static ClusterSpecJson From(ClusterSpec spec) => new()
    {
        Name = spec.Annotations?.Name ?? "default",
        Labels = spec.Annotations?.Labels.ToDictionary() ?? [],
        Orchestration = new OrchestrationJson(spec.Orchestration?.TaskHistoryRetentionLimit ?? ClusterDefaults.TaskHistory),
        Raft = RaftJson.From(spec.Raft ?? ClusterDefaults.Raft),
        Dispatcher = new DispatcherJson(spec.Dispatcher?.HeartbeatPeriod ?? 0),
        CAConfig = new CaConfigJson
        {
            NodeCertExpiry = spec.Ca?.NodeCertExpiry ?? 0,
            ForceRotate = spec.Ca?.ForceRotate ?? 0,
            ExternalCAs = spec.Ca?.ExternalCas is { Count: > 0 } external ? [.. external.Select(ExternalCaJson.From)] : null,
        },
        TaskDefaults = new TaskDefaultsJson { LogDriver = TaskSpecJson.LogDriverJson.From(spec.LogDriver) },
        EncryptionConfig = new EncryptionJson(spec.AutolockManagers),
    };

    /// <summary>Zero and absent stand for the default, which whoever creates or updates the cluster fills in.</summary>
    public ClusterSpec ToModel()
    {
        var spec = new ClusterSpec
        {
            Annotations = new Annotations { Name = Name is null or "" ? "default" : Name },
            LogDriver = TaskDefaults?.LogDriver?.ToModel(),
            Raft = Raft?.ToModel() ?? new(),
            AutolockManagers = EncryptionConfig?.AutoLockManagers == true,
        };
        foreach (var (key, value) in Labels ?? new Dictionary<string, string>()) spec.Annotations.Labels[key] = value;
        if (Orchestration?.TaskHistoryRetentionLimit is { } limit)
            spec.Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = limit };
        if (Dispatcher is { HeartbeatPeriod: not 0 }) spec.Dispatcher = new DispatcherConfig { HeartbeatPeriod = Dispatcher.HeartbeatPeriod };
        if (CAConfig is not null) spec.Ca = CaOf(CAConfig);
        return spec;
    }

    private static CaConfig CaOf(CaConfigJson wanted) => new()
    {
        NodeCertExpiry = wanted.NodeCertExpiry,
        ForceRotate = wanted.ForceRotate ?? 0,
        ExternalCas = { (wanted.ExternalCAs ?? []).Select(one => one.ToModel()) },
        SigningCert = ByteString.CopyFromUtf8(wanted.SigningCACert ?? ""),
        SigningKey = ByteString.CopyFromUtf8(wanted.SigningCAKey ?? ""),
    };
}
