using Skein.Manager.Store;

namespace Skein.Manager.Orchestration;

/// <summary>What is to be written now, and when to look again if nothing else happens.</summary>
internal sealed record SwarmPlan(Changes Changes, DateTimeOffset? Wake);
