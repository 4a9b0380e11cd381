using System.IO.Pipelines;

namespace Skein.Api.Hijack;

/// <summary>A connection whose input is shown to Kestrel request by request.</summary>
internal sealed class GatedTransport(RequestGate input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
