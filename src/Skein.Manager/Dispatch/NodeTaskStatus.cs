using Skein.Model;

namespace Skein.Manager.Dispatch;

internal readonly record struct NodeTaskStatus(string NodeId, string TaskId, SwarmTaskStatus Status);
