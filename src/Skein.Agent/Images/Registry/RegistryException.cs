namespace Skein.Agent.Images.Registry;

/// <summary>A registry answered, and the answer is no.</summary>
/// <param name="code">The registry's error code (MANIFEST_UNKNOWN, …), or one that follows from the status.</param>
internal sealed class RegistryException(string code, string message, int status) : Exception(Text(code, message))
{
    public string Code { get; } = code;

    public int Status { get; } = status;

    // "manifest unknown: manifest unknown": the code in words, then the registry's own message.
    private static string Text(string code, string message) => $"{code.ToLowerInvariant().Replace('_', ' ')}: {message}";
}
