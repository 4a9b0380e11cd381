using Skein.Api.Builds.Protocol;

namespace Skein.Api.Builds;

/// <summary>
/// What a build's result becomes. buildx asks a Docker host for the exporter "moby", which dockerd has built in and BuildKit itself has
/// not: an image in the engine's store, pushed as well if "push" says so. Here BuildKit sends it, and the daemon takes it.
/// </summary>
internal static class SolveExports
{
    private const string Moby = "moby";
    private const string Archive = "oci";
    private const string Image = "image";
    private const string Push = "push";

    // What Go takes for true.
    private static readonly string[] s_true = ["1", "t", "T", "true", "True", "TRUE"];

    /// <summary>Rewrites the request; the answer is which of its exporters, by their place, send an image to be taken.</summary>
    public static IReadOnlyList<int> Rewrite(SolveRequest request)
    {
        var places = Enumerable.Range(0, request.Exporters.Count).Where(i => request.Exporters[i].Type == Moby).ToList();
        foreach (var i in places)
        {
            var exporter = request.Exporters[i];
            exporter.Type = Archive;
            if (WantsPush(exporter)) request.Exporters.Add(new Exporter { Type = Image, Attrs = { exporter.Attrs } });
        }
        if (request.Exporter != Moby) return places;
        request.Exporter = Archive;
        return request.Exporters.Count == 0 ? [0] : places;
    }

    /// <summary>Whether an image is to be both kept and pushed: two exporters, of which BuildKit before 0.13 takes the first alone.</summary>
    public static bool NeedsTwo(SolveRequest request) => request.Exporters.Any(exporter => exporter.Type == Moby && WantsPush(exporter));

    /// <summary>Whether the result, if there is one, ends on this host and nowhere else.</summary>
    public static bool AreForHost(SolveRequest request) => request.Exporters.Count > 0
        ? request.Exporters.All(exporter => exporter.Type == Moby && !WantsPush(exporter.Attrs))
        : request.Exporter is "" or Moby && !WantsPush(request.ExporterAttrs);

    private static bool WantsPush(Exporter exporter) => WantsPush(exporter.Attrs);

    private static bool WantsPush(IDictionary<string, string> attributes) => attributes.TryGetValue(Push, out var push) && s_true.Contains(push);
}
