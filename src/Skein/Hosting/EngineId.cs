using System.Text;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>What `docker info` shows as ID: made once, kept with the data.</summary>
internal static class EngineId
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static string Of(string dataRoot, IIdSource ids)
    {
        var path = Path.Combine(dataRoot, "engine-id");
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } kept) return kept;
        var made = ids.NewId();
        WholeFile.Write(path, Encoding.ASCII.GetBytes(made), Mode, durable: true);
        return made;
    }
}
