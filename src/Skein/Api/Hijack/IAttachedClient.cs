using Skein.Agent.Containers;

namespace Skein.Api.Hijack;

/// <summary>Who is attached to a process: what it types goes in, what the process prints is shown to it.</summary>
internal interface IAttachedClient
{
    /// <summary>Carries in what the client types, piece by piece, until it says no more.</summary>
    /// <returns>Whether it may still be shown something: half a connection can be closed, half a websocket cannot.</returns>
    Task<bool> TypeAsync(Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancel);

    /// <summary>False once the client is gone.</summary>
    ValueTask<bool> ShowAsync(LogStream stream, ReadOnlyMemory<byte> content, CancellationToken cancel);

    /// <summary>What the daemon itself has to say.</summary>
    ValueTask<bool> TellAsync(string words, CancellationToken cancel);

    /// <summary>All has been shown; before its input is no longer read.</summary>
    Task TakeLeaveAsync(CancellationToken cancel);
}
