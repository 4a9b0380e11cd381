using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skein.Api.Swarm;

/// <summary>Docker's ServiceSpec, as clients send it and as it is shown.</summary>
internal sealed record ServiceSpecJson
{
    public string? Name { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public TaskSpecJson? TaskTemplate { get; init; }
    public ModeJson? Mode { get; init; }
    public UpdateConfigJson? UpdateConfig { get; init; }
    public UpdateConfigJson? RollbackConfig { get; init; }

    /// <summary>Where clients before 1.25 put them; TaskTemplate.Networks wins.</summary>
    public IReadOnlyList<AttachmentJson>? Networks { get; init; }

    public EndpointSpecJson? EndpointSpec { get; init; }

    internal sealed record ModeJson
    {
        public ReplicatedJson? Replicated { get; init; }
        public GlobalJson? Global { get; init; }
        public ReplicatedJobJson? ReplicatedJob { get; init; }
        public GlobalJobJson? GlobalJob { get; init; }

        /// <summary>What no version of Docker knows.</summary>
        [JsonExtensionData]
        public Dictionary<string, JsonElement>? Others { get; set; }
    }

    internal sealed record ReplicatedJson(ulong? Replicas);

    internal sealed record GlobalJson;

    internal sealed record ReplicatedJobJson(ulong? MaxConcurrent, ulong? TotalCompletions);

    internal sealed record GlobalJobJson;

    internal sealed record UpdateConfigJson
    {
        public ulong Parallelism { get; init; }
        public long? Delay { get; init; }
        public string? FailureAction { get; init; }
        public long? Monitor { get; init; }
        public double MaxFailureRatio { get; init; }
        public string? Order { get; init; }
    }

    internal sealed record EndpointSpecJson
    {
        public string? Mode { get; init; }
        public IReadOnlyList<PortJson>? Ports { get; init; }
    }

    internal sealed record PortJson
    {
        public string? Name { get; init; }
        public string? Protocol { get; init; }
        public uint? TargetPort { get; init; }
        public uint? PublishedPort { get; init; }
        public string? PublishMode { get; init; }
    }

    internal sealed record AttachmentJson
    {
        public string? Target { get; init; }
        public IReadOnlyList<string>? Aliases { get; init; }
        public IReadOnlyDictionary<string, string>? DriverOpts { get; init; }
    }
}
