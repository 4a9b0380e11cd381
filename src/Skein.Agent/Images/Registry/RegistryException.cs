namespace Skein.Agent.Images.Registry;

/// <summary>A registry answered, and the answer is no.</summary>
/// <param name="code">The registry's error code (MANIFEST_UNKNOWN, …), or one that follows from the status.</param>
internal sealed class RegistryException(string code, string message, int status) : Exception(Text(code, message))
{
    /// <summary>Nothing was sent that could be refused: there is nothing to log in with.</summary>
    public const string NoCredentials = "NO_CREDENTIALS";

    // Twice what the longest real one has; it ends up in a terminal, a log and the swarm's state.
    private const int LengthMax = 1024;

    public string Code { get; } = code;

    public int Status { get; } = status;

    /// <summary>How long the registry wants to be left alone.</summary>
    public TimeSpan RetryAfter { get; init; }

    // "manifest unknown: manifest unknown": the code in words, then the registry's own message.
    private static string Text(string code, string message) =>
        Printable(code == NoCredentials ? message : $"{code.ToLowerInvariant().Replace('_', ' ')}: {message}");

    /// <summary>No escapes that a terminal obeys, and an end.</summary>
    private static string Printable(string text)
    {
        var whole = text.Length > LengthMax ? text[..LengthMax] + "…" : text;
        return string.Create(whole.Length, whole, (place, from) =>
        {
            for (var i = 0; i < place.Length; i++) place[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
    }
}
