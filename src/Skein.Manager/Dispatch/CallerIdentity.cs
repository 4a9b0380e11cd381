using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>Who calls, as its certificate says.</summary>
public sealed record CallerIdentity(string NodeId, NodeRole Role);
