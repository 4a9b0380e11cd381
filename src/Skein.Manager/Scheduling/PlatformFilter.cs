using Skein.Model;

namespace Skein.Manager.Scheduling;

internal sealed class PlatformFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) => task.Spec?.Placement?.Platforms.Count > 0;

    public override bool Admits(NodeLoad node, Demand demand) =>
        node.Node.Description?.Platform is { } has && demand.Task.Spec.Placement.Platforms.Any(p => Runs(has, p));

    public override string Explain(int nodes) => $"unsupported platform on {Count(nodes)}";

    private static bool Runs(Platform node, Platform image) =>
        (image.Architecture.Length == 0 || Normal(image.Architecture) == Normal(node.Architecture)) && (image.Os.Length == 0 || image.Os == node.Os);

    /// <summary>Registries say amd64, uname says x86_64.</summary>
    private static string Normal(string architecture) => architecture switch
    {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        _ => architecture,
    };
}
