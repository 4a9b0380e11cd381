using System.Globalization;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Swarm;

/// <summary>
/// A service's log driver and its options. Docker learns on the node that there is no such driver; where only these are, the manager
/// knows it.
/// </summary>
internal static class LogDriverCheck
{
    public static void Check(LogDriver driver)
    {
        if (driver.Name is not ("" or "json-file" or "local" or "none"))
            throw SkeinException.NotImplemented($"the log driver \"{driver.Name}\" is not supported: use json-file, local or none");
        foreach (var (option, value) in driver.Options.OrderBy(o => o.Key, StringComparer.Ordinal)) Check(option, value);
    }

    private static void Check(string option, string value)
    {
        switch (option)
        {
            case "max-size" when !LogSize.TryParse(value, out _): throw SkeinException.Invalid($"invalid value for max-size: '{value}'");
            case "max-file" when !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var files) || files < 1:
                throw SkeinException.Invalid($"invalid value for max-file: '{value}'");
            case "max-size" or "max-file": return;
            default: throw SkeinException.NotImplemented($"the log option \"{option}\" is not supported: use max-size and max-file");
        }
    }
}
