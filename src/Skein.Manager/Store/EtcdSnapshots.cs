using System.Globalization;
using Google.Protobuf;

namespace Skein.Manager.Store;

/// <summary>The snapshots that a member would begin with if it were killed now.</summary>
internal static class EtcdSnapshots
{
    /// <summary>
    /// There is one: its file, its record in the log, and what it holds is committed there. Each of the three comes by itself, and etcd
    /// passes over a snapshot that lacks one.
    /// </summary>
    public static bool AreKept(string dataFolder)
    {
        try
        {
            var files = Directory.GetFiles(Path.Combine(dataFolder, "member", "snap"), "*.snap").Select(IndexOf).ToHashSet();
            if (files.Count == 0) return false;
            var log = new WriteAheadLog();
            foreach (var path in Directory.GetFiles(Path.Combine(dataFolder, "member", "wal"), "*.wal").Order(StringComparer.Ordinal))
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                log.Read(file);
            }
            return log.Snapshots.Any(index => index > 0 && index <= log.Committed && files.Contains(index));
        }
        catch (Exception e) when (e is IOException or InvalidProtocolBufferException)
        {
            return false;   // etcd is at work on them
        }
    }

    /// <summary>Of TERM-INDEX.snap, in hex.</summary>
    private static ulong IndexOf(string path) =>
        ulong.TryParse(Path.GetFileNameWithoutExtension(path).Split('-')[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var index) ? index : 0;
}
