using Skein.Model;

namespace Skein.Hosting;

/// <summary>What `docker info` shows as ID: made once, kept with the data.</summary>
internal static class EngineId
{
    public static string Of(string dataRoot, IIdSource ids)
    {
        var path = Path.Combine(dataRoot, "engine-id");
        if (!File.Exists(path)) File.WriteAllText(path, ids.NewId());
        return File.ReadAllText(path).Trim();
    }
}
