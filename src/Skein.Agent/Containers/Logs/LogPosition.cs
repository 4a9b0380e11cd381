namespace Skein.Agent.Containers.Logs;

/// <summary>A place in a log.</summary>
/// <param name="File">log.N</param>
/// <param name="Offset">Bytes from that file's beginning.</param>
internal readonly record struct LogPosition(int File, long Offset)
{
    public static readonly LogPosition Beginning = new(0, 0);

    public static readonly LogPosition Never = new(int.MaxValue, long.MaxValue);
}
