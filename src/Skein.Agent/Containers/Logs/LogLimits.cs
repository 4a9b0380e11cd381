using System.Globalization;
using Skein.Model;
using Skein.Model.Logging;
using Skein.Model.Specs;

namespace Skein.Agent.Containers.Logs;

/// <summary>How much of a container's output is kept. Docker keeps everything unless told; here a chatty container cannot fill the disk.</summary>
internal sealed record LogLimits(long MaxBytesPerFile, int MaxFiles, bool Kept)
{
    public static readonly LogLimits Default = new(10_000_000, 3, Kept: true);

    // Docker's own of the driver local, and of what it keeps beside the drivers that send lines elsewhere.
    private static readonly LogLimits s_local = new(20 << 20, 5, Kept: true);

    /// <summary>Its options max-size and max-file, of json-file and local; cache-max-size and so on of those whose lines go elsewhere.</summary>
    public static LogLimits Of(LogDriver? driver)
    {
        if (driver is null) return Default;
        if (driver.Name == LogOptions.None) return Default with { Kept = false };
        var isKeptAside = driver.Name is LogOptions.Journald or LogOptions.Syslog;
        var limits = isKeptAside || driver.Name == LogOptions.Local ? s_local : Default;
        if (isKeptAside) limits = limits with { Kept = !LogOptions.Flag(driver.Options, LogOptions.CacheDisabled) };
        var prefix = isKeptAside ? LogOptions.CachePrefix : "";
        if (driver.Options.TryGetValue(prefix + LogOptions.MaxSize, out var size) && LogSize.TryParse(size, out var bytes))
            limits = limits with { MaxBytesPerFile = bytes };
        if (driver.Options.TryGetValue(prefix + LogOptions.MaxFile, out var files) && int.TryParse(files, CultureInfo.InvariantCulture, out var count) && count > 0)
            limits = limits with { MaxFiles = count };
        return limits;
    }
}
