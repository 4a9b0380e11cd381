using System.Text.Json;
using Skein.Model;
using Skein.Model.Logging;

namespace Skein.Api.Swarm;

/// <summary>Docker's TaskSpec. What is not supported yet is read too, to be refused and not lost in silence.</summary>
internal sealed record TaskSpecJson
{
    public ContainerSpecJson? ContainerSpec { get; init; }
    public ResourcesJson? Resources { get; init; }
    public RestartPolicyJson? RestartPolicy { get; init; }
    public PlacementJson? Placement { get; init; }
    public IReadOnlyList<ServiceSpecJson.AttachmentJson>? Networks { get; init; }
    public LogDriverJson? LogDriver { get; init; }
    public ulong? ForceUpdate { get; init; }
    public string? Runtime { get; init; }
    public JsonElement? PluginSpec { get; init; }
    public JsonElement? NetworkAttachmentSpec { get; init; }

    internal sealed record ResourcesJson
    {
        public LimitsJson? Limits { get; init; }
        public ReservationsJson? Reservations { get; init; }
        public long? SwapBytes { get; init; }
        public long? MemorySwappiness { get; init; }
    }

    internal sealed record LimitsJson
    {
        public long? NanoCPUs { get; init; }
        public long? MemoryBytes { get; init; }
        public long? Pids { get; init; }
    }

    internal sealed record ReservationsJson
    {
        public long? NanoCPUs { get; init; }
        public long? MemoryBytes { get; init; }
        public IReadOnlyList<GenericResourceJson>? GenericResources { get; init; }
    }

    internal sealed record RestartPolicyJson
    {
        public string? Condition { get; init; }
        public long? Delay { get; init; }
        public ulong? MaxAttempts { get; init; }
        public long? Window { get; init; }
    }

    internal sealed record PlacementJson
    {
        public IReadOnlyList<string>? Constraints { get; init; }
        public IReadOnlyList<PreferenceJson>? Preferences { get; init; }
        public ulong? MaxReplicas { get; init; }
        public IReadOnlyList<PlatformJson>? Platforms { get; init; }
    }

    internal sealed record PreferenceJson(SpreadJson? Spread);

    internal sealed record SpreadJson(string? SpreadDescriptor);

    internal sealed record PlatformJson
    {
        public string? Architecture { get; init; }
        public string? OS { get; init; }
    }

    internal sealed record LogDriverJson
    {
        public string? Name { get; init; }
        public IReadOnlyDictionary<string, string>? Options { get; init; }

        public static LogDriverJson? From(LogDriver? driver) =>
            driver is null ? null : new LogDriverJson { Name = driver.Name, Options = driver.Options.Count == 0 ? null : driver.Options.ToDictionary() };

        /// <returns>null when it says nothing.</returns>
        /// <exception cref="SkeinException">There is no such driver, or it has no such options.</exception>
        public LogDriver? ToModel()
        {
            if (Name is null or "" && Options is null or { Count: 0 }) return null;
            var driver = new LogDriver { Name = Name ?? "" };
            foreach (var (name, value) in Options ?? new Dictionary<string, string>()) driver.Options[name] = value;
            LogDriverValidation.Check(driver);
            return driver;
        }
    }
}
