namespace Skein.Model;

/// <summary>An error with the words a user reads: Docker's own, byte for byte, where Docker has them.</summary>
public sealed class SkeinException(ErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    public ErrorKind Kind { get; } = kind;

    /// <summary>What it lacks may be there later, whatever its kind says to the caller.</summary>
    public bool Passing { get; init; }

    public static SkeinException NotFound(string message) => new(ErrorKind.NotFound, message);

    public static SkeinException Invalid(string message) => new(ErrorKind.InvalidArgument, message);

    public static SkeinException Conflict(string message) => new(ErrorKind.Conflict, message);

    public static SkeinException Unavailable(string message) => new(ErrorKind.Unavailable, message);

    public static SkeinException NotImplemented(string message) => new(ErrorKind.NotImplemented, message);
}
