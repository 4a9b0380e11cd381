using System.Runtime.CompilerServices;
using Skein.Agent.Containers.Health;

namespace Skein.Agent.Containers;

/// <summary>Health checks, of tasks' containers and of all others: they run for as long as a process does, over daemons.</summary>
public sealed partial class ContainerEngine
{
    public async IAsyncEnumerable<HealthVerdict> WatchHealthAsync(string id, [EnumeratorCancellation] CancellationToken cancel)
    {
        var container = containers.Find(id);
        var run = container.NextExit;
        for (var known = HealthVerdict.Starting; ;)
        {
            var told = container.HealthTold;
            if (container.Record is not { State.Status: ContainerStatus.Running or ContainerStatus.Paused, Health.Verdict: var verdict } || container.NextExit != run) yield break;
            if (verdict != known) yield return known = verdict;
            else await told.WaitAsync(cancel);
        }
    }

    /// <summary>Under the container's gate.</summary>
    private void BeginProbing(ManagedContainer container)
    {
        EndProbing(container);
        if (container.Record.Check is not { } check) return;
        var probing = container.Probing = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
        var (probe, known, token) = (new HealthProbe(this, time, container.Id, check), container.Record.Health, probing.Token);
        _ = Task.Run(() => probe.RunAsync(known, health => NoteHealthAsync(container, health, probing), token), CancellationToken.None);
    }

    /// <summary>One that is told to stop is not called sick on its way.</summary>
    private static async Task EndProbingAsync(ManagedContainer container, CancellationToken cancel)
    {
        await container.Gate.WaitAsync(cancel);
        try
        {
            EndProbing(container);
        }
        finally
        {
            container.Gate.Release();
        }
    }

    private static void EndProbing(ManagedContainer container)
    {
        container.Probing?.Cancel();
        container.Probing?.Dispose();
        container.Probing = null;
    }

    private async Task NoteHealthAsync(ManagedContainer container, ContainerHealth health, CancellationTokenSource probing)
    {
        await container.Gate.WaitAsync(CancellationToken.None);
        try
        {
            // A probe that ends with its run has nothing more to say.
            if (container.Probing != probing || !container.Running) return;
            var before = container.Record.Health?.Verdict ?? HealthVerdict.Starting;
            container.Record = container.Record with { Health = health };
            if (health.Verdict == before) return;
            container.TellHealth();
            Publish(container, $"health_status: {health.Verdict.ToString().ToLowerInvariant()}");
        }
        finally
        {
            container.Gate.Release();
        }
    }
}
