namespace Skein.Manager.Dispatch;

/// <param name="End">Ends its stream; null when there is none.</param>
internal sealed record SilentSession(string NodeId, string SessionId, Action? End);
