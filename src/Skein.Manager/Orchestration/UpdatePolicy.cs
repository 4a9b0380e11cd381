using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>How slots are updated: the service's config for updates, or the one for rollbacks, with Docker's defaults.</summary>
/// <param name="Parallelism">Slots in work at once; int.MaxValue = all.</param>
internal sealed record UpdatePolicy(
    int Parallelism,
    TimeSpan Delay,
    TimeSpan Monitor,
    double MaxFailureRatio,
    bool StartFirst,
    UpdateFailureAction OnFailure)
{
    public static UpdatePolicy Of(Service service, bool isRollback)
    {
        var config = (isRollback ? service.Spec.Rollback : service.Spec.Update) ?? new UpdateConfig { Parallelism = 1 };
        var delay = config.Delay.Nanoseconds();
        var monitor = config.Monitor?.Nanoseconds() ?? Defaults.UpdateMonitor;
        return new(
            config.Parallelism is 0 or > int.MaxValue ? int.MaxValue : (int)config.Parallelism,
            delay,
            // As in swarmkit: a monitor shorter than the delay would end before the last slot's delay did.
            delay >= monitor ? delay + TimeSpan.FromSeconds(1) : monitor,
            config.MaxFailureRatio,
            config.Order == "start-first",
            config.FailureAction switch
            {
                "continue" => UpdateFailureAction.Continue,
                // A rollback is never rolled back.
                "rollback" when !isRollback => UpdateFailureAction.Rollback,
                _ => UpdateFailureAction.Pause,
            });
    }
}
