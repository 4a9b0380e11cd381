using Skein.Manager.Drafts;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>The first stage: which tasks there should be, and what each should be doing.</summary>
internal static class Orchestrator
{
    public static void Run(SwarmDraft draft)
    {
        LostTasks.Run(draft);
        foreach (var service in draft.ServicesInTurn())
        {
            switch (service.Value.Spec?.ModeCase)
            {
                case ServiceSpec.ModeOneofCase.Replicated: ReplicatedServiceTasks.Run(draft, service); break;
                case ServiceSpec.ModeOneofCase.Global: GlobalServiceTasks.Run(draft, service); break;
                case ServiceSpec.ModeOneofCase.ReplicatedJob: ReplicatedJobTasks.Run(draft, service.Value); break;
                case ServiceSpec.ModeOneofCase.GlobalJob: GlobalJobTasks.Run(draft, service.Value); break;
            }
        }
        LostTasks.EndUnassigned(draft);
    }
}
