using Grpc.Core;
using Grpc.Net.Client;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Asks managers whose beats stay away whether they are there: each over a connection that is kept as long as they are late, and one
/// question at a time, so that a host that is starved is not asked faster than it answers.
/// </summary>
/// <param name="openChannel">To another manager's ip:port; disposed here.</param>
internal sealed class ManagerQuestions(Func<string, GrpcChannel> openChannel, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <param name="late">Managers with their addresses: all that are to be asked now.</param>
    /// <param name="answered">Called with each answer, on any thread.</param>
    public void Ask(IReadOnlyDictionary<string, string> late, Action<string, PresenceAnswer> answered, CancellationToken cancel)
    {
        foreach (var (id, line) in _lines.Where(l => late.GetValueOrDefault(l.Key) != l.Value.Addr).ToList())
        {
            line.Channel.Dispose();
            _lines.Remove(id);
        }
        foreach (var (id, addr) in late)
        {
            if (!_lines.TryGetValue(id, out var line)) _lines[id] = line = new(addr, openChannel(addr));
            if (line.Asking.IsCompleted) line.Asking = AskAsync(line.Channel, answer => answered(id, answer), cancel);
        }
    }

    public void Dispose()
    {
        foreach (var line in _lines.Values) line.Channel.Dispose();
    }

    private async Task AskAsync(GrpcChannel channel, Action<PresenceAnswer> answered, CancellationToken cancel)
    {
        // A channel that was disposed at once says so at the first call.
        await Task.Yield();
        try
        {
            var deadline = (time.GetUtcNow() + Deadline).UtcDateTime;
            answered(await new Presence.PresenceClient(channel).AskAsync(new(), deadline: deadline, cancellationToken: cancel));
        }
        catch (Exception e) when (e is RpcException or ObjectDisposedException)
        {
            // No answer is what there is to know of it.
        }
    }

    private sealed class Line(string addr, GrpcChannel channel)
    {
        public string Addr => addr;

        public GrpcChannel Channel => channel;

        public Task Asking { get; set; } = Task.CompletedTask;
    }
}
