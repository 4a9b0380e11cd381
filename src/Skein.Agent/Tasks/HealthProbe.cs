using Skein.Agent.Containers;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>Runs a container's health check again and again, inside the container.</summary>
internal sealed class HealthProbe(IContainerEngine engine, TimeProvider time, string containerId, HealthConfig health)
{
    /// <summary>Tells each change of the verdict; ends when it is cancelled, as it is at the container's exit.</summary>
    public async Task RunAsync(Action<bool> tell, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var state = HealthState.Initial;
        try
        {
            while (true)
            {
                await Task.Delay(HealthPolicy.Delay(health, state, time.GetElapsedTime(began)), time, cancel);
                var passed = await PassesAsync(cancel);
                var next = HealthPolicy.Next(health, state, passed, time.GetElapsedTime(began));
                if (next.Verdict != state.Verdict) tell(next.Verdict == HealthVerdict.Healthy);
                state = next;
            }
        }
        catch (OperationCanceledException)
        {
            // The container has ended, or the daemon has.
        }
    }

    private async Task<bool> PassesAsync(CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(HealthPolicy.Span(health.Timeout), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            var exec = await engine.CreateExecAsync(containerId, Probe(), both.Token);
            await using var streams = await engine.StartExecAsync(exec.Id, null, null, both.Token);
            var output = streams.Stdout is { } stdout ? stdout.CopyToAsync(Stream.Null, both.Token) : Task.CompletedTask;
            var errors = streams.Stderr is { } stderr ? stderr.CopyToAsync(Stream.Null, both.Token) : Task.CompletedTask;
            await Task.WhenAll(output, errors);
            return await streams.Completion.WaitAsync(both.Token) == 0;
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return false;   // too slow, or it could not be run
        }
    }

    private ExecDefinition Probe() => new(
        HealthPolicy.Command(health), [], User: "", WorkingDir: "", Tty: false,
        AttachStdin: false, AttachStdout: true, AttachStderr: true, Privileged: false, DetachKeys: "");
}
