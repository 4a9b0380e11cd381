using Skein.Agent.Images;
using Skein.Agent.Session;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Tasks;

/// <summary>What the registries of a task's images are told. The managers tell it beside the task: a node does not have it on its disk.</summary>
/// <param name="waiting">Called with why, when they are not known yet.</param>
internal sealed class PullCredentials(DependencyContents told, SwarmTask task, Action<string> waiting)
{
    /// <summary>A manager has still to tell them.</summary>
    public bool AreMissing => CredentialsApart.AreElsewhere(task) && told.LookForCredentials(task.Id).Known is null;

    /// <returns>null for a registry that is told nothing.</returns>
    public async Task<RegistryAuth?> GatherAsync(CancellationToken cancel)
    {
        if (!CredentialsApart.AreElsewhere(task)) return RegistryAuth.From(task.Spec.Container.RegistryAuth);
        for (var said = false; ; said = true)
        {
            var (known, changed) = told.LookForCredentials(task.Id);
            if (known is not null) return RegistryAuth.From(known);
            if (!said) waiting("waiting for a manager to tell the credentials for its image");
            await changed.WaitAsync(cancel);
        }
    }
}
