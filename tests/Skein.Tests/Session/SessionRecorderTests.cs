using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Session;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Session;

public sealed class SessionRecorderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-recorder-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_could_not_be_written_is_written_when_it_can_without_another_change()
    {
        var path = Path.Combine(_folder, "swarm", "session");
        File.WriteAllText(Path.Combine(_folder, "swarm"), "in the way, as a full disk is");
        var asked = 0;
        var recorder = new SessionRecorder(path, () => { Interlocked.Increment(ref asked); return new SessionMemory { NodeId = "n1" }; }, _time, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = recorder.RunAsync(stop.Token);

        recorder.Mark();
        await AdvanceUntilAsync("two attempts", () => Volatile.Read(ref asked) >= 2);
        File.Delete(Path.Combine(_folder, "swarm"));
        await AdvanceUntilAsync("the file", () => SessionFile.Read(path)?.NodeId == "n1");

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task AdvanceUntilAsync(string what, Func<bool> holds)
    {
        var end = DateTime.UtcNow.AddSeconds(30);
        while (!holds())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException($"not within 30 s: {what}");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }
    }
}
