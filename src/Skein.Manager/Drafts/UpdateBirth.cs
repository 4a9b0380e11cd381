using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Drafts;

/// <summary>
/// An update begins in the transaction that asks for it: a moment later the leader would have to write that into the service, and who has
/// read it in between would be out of sequence with the next update. Where only the placement is another, the leader knows which tasks stay.
/// </summary>
internal static class UpdateBirth
{
    public static UpdateStatus? Of(Snapshot seen, Service updated, DateTimeOffset now) => HasOutdated(seen, updated)
        ? Begun(seen, UpdateState.Updating, "update in progress", now)
        : null;

    /// <summary>Tasks made in it are those created since what is seen now.</summary>
    public static UpdateStatus Begun(Snapshot seen, UpdateState state, string message, DateTimeOffset now) =>
        new() { State = state, Message = message, StartedAt = now.ToTimestamp(), SinceVersion = seen.Revision };

    private static bool HasOutdated(Snapshot seen, Service service) =>
        service.Spec.Replicated is not { Replicas: 0 }
        && seen.TasksOfService(service.Id).Any(task => task.IsWanted() && TaskMeaning.Differs(service, task));
}
