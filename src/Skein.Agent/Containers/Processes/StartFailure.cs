using Skein.Model;

namespace Skein.Agent.Containers.Processes;

/// <summary>
/// Why the runtime could not start a process, in Docker's terms: 127 = no such command, 126 = it can't be executed, 128 for
/// the rest. The first two are the caller's mistake (400).
/// </summary>
internal readonly record struct StartFailure(string Message, int ExitCode)
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;
    private const int Other = 128;

    // It stands in the container's record, and in what lists containers: a command's name of megabytes need not.
    private const int LongestPart = 8 << 10;

    public static StartFailure Of(string whole)
    {
        var message = whole.Length <= 2 * LongestPart ? whole : $"{whole[..LongestPart]}…{whole[^LongestPart..]}";
        if (Contains("permission denied"))
            return new StartFailure(message, NotExecutable);
        if (Contains("not a directory"))
        {
            return new StartFailure(
                message + ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type",
                NotFound);
        }
        var missing = Contains("executable file not found") || Contains("no such file or directory");
        return new StartFailure(message, missing ? NotFound : Other);

        bool Contains(string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    public SkeinException ToException(Exception cause) =>
        new(ExitCode == Other ? ErrorKind.Internal : ErrorKind.InvalidArgument, Message, cause);
}
