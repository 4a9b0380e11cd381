namespace Skein.Lab.Images;

/// <summary>What a container of the image runs by default.</summary>
internal sealed record ImageConfig(
    IReadOnlyList<string> Command,
    IReadOnlyList<string> Environment,
    string WorkingDirectory = "",
    string StopSignal = "",
    IReadOnlyList<string>? ExposedPorts = null);
