namespace Skein.Agent.Containers;

/// <summary>Docker's words for whose namespace a container is in: empty or private = its own.</summary>
public static class NamespaceMode
{
    public const string Host = "host";
    public const string None = "none";

    /// <summary>An IPC namespace that others may join.</summary>
    public const string Shareable = "shareable";
    private const string OfContainer = "container:";

    /// <summary>The other container's id or name; null for any other mode.</summary>
    public static string? Container(string mode) => mode.StartsWith(OfContainer, StringComparison.Ordinal) ? mode[OfContainer.Length..] : null;

    public static string Of(string containerId) => OfContainer + containerId;
}
