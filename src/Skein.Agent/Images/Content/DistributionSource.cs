namespace Skein.Agent.Images.Content;

/// <summary>
/// From which repositories of a registry a blob came, or where it went, as containerd's clients note it in its labels: the registry
/// gives it from there to another of its repositories, and it need not be sent.
/// </summary>
internal static class DistributionSource
{
    // containerd takes no label whose key and value are longer together.
    private const int LabelMax = 4096;
    private const int Kept = 8;

    public static string LabelOf(string domain) => $"containerd.io/distribution.source.{domain}";

    /// <summary>The newest first.</summary>
    public static IReadOnlyList<string> In(IReadOnlyDictionary<string, string> labels, string domain) =>
        labels.GetValueOrDefault(LabelOf(domain), "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The label with another repository in it.</summary>
    public static KeyValuePair<string, string> With(IReadOnlyDictionary<string, string> labels, string domain, string repository)
    {
        var sources = In(labels, domain).Where(known => known != repository).Prepend(repository).Take(Kept).ToList();
        while (sources.Count > 1 && LabelOf(domain).Length + sources.Sum(source => source.Length + 1) > LabelMax) sources.RemoveAt(sources.Count - 1);
        return new(LabelOf(domain), string.Join(',', sources));
    }
}
