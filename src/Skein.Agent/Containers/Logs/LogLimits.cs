using System.Globalization;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Containers.Logs;

/// <summary>How much of a container's output is kept. Docker keeps everything unless told; here a chatty container cannot fill the disk.</summary>
internal sealed record LogLimits(long MaxBytesPerFile, int MaxFiles, bool Kept)
{
    public static readonly LogLimits Default = new(10_000_000, 3, Kept: true);

    /// <summary>The log driver's max-size ("10m") and max-file; every driver but "none" keeps the log on the node.</summary>
    public static LogLimits Of(LogDriver? driver)
    {
        if (driver is null)
            return Default;
        var limits = Default with { Kept = driver.Name != "none" };
        if (driver.Options.TryGetValue("max-size", out var size) && LogSize.TryParse(size, out var bytes))
            limits = limits with { MaxBytesPerFile = bytes };
        if (driver.Options.TryGetValue("max-file", out var files) && int.TryParse(files, CultureInfo.InvariantCulture, out var count) && count > 0)
            limits = limits with { MaxFiles = count };
        return limits;
    }
}
