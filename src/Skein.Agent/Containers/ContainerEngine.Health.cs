namespace Skein.Agent.Containers;

public sealed partial class ContainerEngine
{
    public async Task NoteHealthAsync(string id, ContainerHealth health, CancellationToken cancel)
    {
        var container = containers.Find(id);
        await container.Gate.WaitAsync(cancel);
        try
        {
            // A probe that ends with its container has nothing more to say.
            if (!container.Running)
                return;
            var before = container.Record.Health?.Verdict;
            container.Record = container.Record with { Health = health };
            if (health.Verdict != (before ?? HealthVerdict.Starting))
                Publish(container, $"health_status: {health.Verdict.ToString().ToLowerInvariant()}");
        }
        finally
        {
            container.Gate.Release();
        }
    }
}
