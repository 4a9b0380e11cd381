using Skein.Agent.Streams;
using Skein.Api.Builds.Protocol;

namespace Skein.Api.Builds;

/// <summary>A file that comes in the messages of a call, as a stream.</summary>
internal sealed class SentFile(Stream body) : SequentialStream
{
    private ReadOnlyMemory<byte> _piece;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_piece.IsEmpty)
        {
            if (await GrpcMessages.ReadAsync(body, cancellationToken) is not { } message) return 0;
            _piece = BytesMessage.Parser.ParseFrom(message).Data.Memory;
        }
        var count = Math.Min(buffer.Length, _piece.Length);
        _piece[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return count;
    }
}
