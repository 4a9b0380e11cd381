using Google.Protobuf;
using Skein.Model;

namespace Skein.Manager.Certificates;

/// <summary>What the managers have told this node of the CA last.</summary>
public sealed class ToldIssuer
{
    private readonly Lock _lock = new();
    private Told _now = new(ByteString.Empty, ByteString.Empty);
    private TaskCompletionSource _other = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Told Now
    {
        get { lock (_lock) return _now; }
    }

    public void Hear(Welcome welcome)
    {
        lock (_lock)
        {
            var next = new Told(welcome.TrustRoot, welcome.IssuerPublicKey);
            if (next == _now) return;
            _now = next;
            _other.SetResult();
            _other = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal Task WhenOtherAsync(Told than, CancellationToken cancel)
    {
        lock (_lock) return _now == than ? _other.Task.WaitAsync(cancel) : Task.CompletedTask;
    }

    /// <param name="TrustRoot">PEM; empty when nothing was told.</param>
    /// <param name="IssuerPublicKey">DER; empty when nothing was told.</param>
    internal sealed record Told(ByteString TrustRoot, ByteString IssuerPublicKey);
}
