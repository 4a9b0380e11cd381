using Skein.Api.Http;

namespace Skein.Api.Hijack;

/// <summary>What a client wants of an attach.</summary>
/// <param name="Logs">What has been printed so far.</param>
/// <param name="Stream">What is printed from now on.</param>
internal sealed record AttachQuery(bool Stdin, bool Stdout, bool Stderr, bool Logs, bool Stream, DetachKeys Keys)
{
    // Older clients name no streams on a websocket, and get all.
    private static readonly ApiVersion s_namedSince = new(1, 42);

    public static AttachQuery Of(HijackedRequest request) => Of(name => request.Query.GetValueOrDefault(name, ""));

    public static AttachQuery OfWebSocket(HttpContext context, ApiVersion version)
    {
        var asked = Of(context.Query);
        return version.CompareTo(s_namedSince) < 0 ? asked with { Stdin = true, Stdout = true, Stderr = true } : asked;
    }

    private static AttachQuery Of(Func<string, string> value)
    {
        return new(Asked("stdin"), Asked("stdout"), Asked("stderr"), Asked("logs"), Asked("stream"), DetachKeys.Parse(value("detachKeys"), "detach"));

        bool Asked(string name) => RequestReader.MeansYes(value(name));
    }
}
