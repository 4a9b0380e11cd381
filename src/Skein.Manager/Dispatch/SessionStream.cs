using Grpc.Core;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>A session's way out: several loops speak, one message at a time.</summary>
internal sealed class SessionStream(IServerStreamWriter<ManagerMessage> writer) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public async Task SendAsync(ManagerMessage message, CancellationToken cancel)
    {
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            await writer.WriteAsync(message, cancel);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();
}
