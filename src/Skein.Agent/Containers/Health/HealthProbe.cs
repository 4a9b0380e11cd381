using System.Globalization;
using System.Text;
using Skein.Model;

namespace Skein.Agent.Containers.Health;

/// <summary>Runs a container's health check again and again, inside the container.</summary>
internal sealed class HealthProbe(IContainerEngine engine, TimeProvider time, string containerId, HealthConfig health)
{
    private const int KeptOutput = 4096;

    /// <summary>Notes what each probe finds; ends when it is cancelled, as it is at the container's exit.</summary>
    /// <param name="known">What was found before a pause.</param>
    public async Task RunAsync(ContainerHealth? known, Func<ContainerHealth, Task> note, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var shown = known ?? ContainerHealth.Starting;
        var state = new HealthState(shown.Verdict, shown.FailingStreak);
        try
        {
            while (true)
            {
                await Task.Delay(HealthPolicy.Delay(health, state, time.GetElapsedTime(began)), time, cancel);
                var probe = await ProbeAsync(cancel);
                var next = HealthPolicy.Next(health, state, probe.ExitCode == 0, time.GetElapsedTime(began));
                shown = shown.After(probe, next.Verdict, next.Failures);
                await note(shown);
                state = next;
            }
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            // The container has ended, under a probe perhaps, or the daemon has.
        }
    }

    private async Task<HealthProbeResult> ProbeAsync(CancellationToken cancel)
    {
        var start = time.GetUtcNow();
        using var deadline = new CancellationTokenSource(HealthPolicy.Limit(health), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        string? execId = null;
        try
        {
            var exec = await engine.CreateExecAsync(containerId, Probe(), both.Token);
            execId = exec.Id;
            await using var streams = await engine.StartExecAsync(exec.Id, null, null, both.Token);
            var output = new StringBuilder();
            await Task.WhenAll(KeepAsync(streams.Stdout, output, both.Token), KeepAsync(streams.Stderr, output, both.Token));
            return new HealthProbeResult(start, time.GetUtcNow(), await streams.Completion.WaitAsync(both.Token), output.ToString());
        }
        catch (Exception) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // Left alone, a probe that hangs would be joined by the next, and the next.
            if (execId is not null) await KillAsync(execId, cancel);
            var limit = HealthPolicy.Span(health.Timeout).TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return new HealthProbeResult(start, time.GetUtcNow(), -1, $"Health check exceeded timeout ({limit}s)");
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            return new HealthProbeResult(start, time.GetUtcNow(), -1, error.Message);
        }
    }

    private async Task KillAsync(string execId, CancellationToken cancel)
    {
        try
        {
            await engine.KillExecAsync(execId, cancel);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            // It has ended by itself, or its container has.
        }
    }

    /// <summary>Reads to the end, and keeps the beginning.</summary>
    private static async Task KeepAsync(Stream? stream, StringBuilder kept, CancellationToken cancel)
    {
        if (stream is null) return;
        var buffer = new byte[KeptOutput];
        while (await stream.ReadAsync(buffer, cancel) is var count and > 0)
        {
            lock (kept)
            {
                var room = KeptOutput - kept.Length;
                if (room > 0) kept.Append(Encoding.UTF8.GetString(buffer, 0, Math.Min(count, room)));
            }
        }
    }

    private ExecDefinition Probe() => new(
        HealthPolicy.Command(health), [], User: "", WorkingDir: "", Tty: false,
        AttachStdin: false, AttachStdout: true, AttachStderr: true, Privileged: false, DetachKeys: "");
}
