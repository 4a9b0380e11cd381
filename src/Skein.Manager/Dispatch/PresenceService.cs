using Grpc.Core;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>Tells another manager that this one is there, and which nodes it hears.</summary>
public sealed class PresenceService(DispatcherService dispatcher) : Presence.PresenceBase
{
    public override Task<PresenceAnswer> Ask(PresenceQuestion request, ServerCallContext context)
    {
        var answer = new PresenceAnswer();
        answer.NodeIds.Add(dispatcher.HeardNodes());
        return Task.FromResult(answer);
    }
}
