using System.Globalization;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>"0-2,4": the kernel's lists of CPUs.</summary>
internal static class CpuList
{
    /// <param name="available">From 0 on.</param>
    public static string Check(string name, string title, string? text, int available)
    {
        if (text is null or "") return "";
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-', 2).Select(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToList();
            if (ends.Contains(-1) || ends[0] > ends[^1]) throw SkeinException.Invalid($"Invalid value {text} for cpuset {name}: invalid format: {part}");
            if (ends[^1] >= available) throw SkeinException.Invalid($"Requested {title} are not available - requested {text}, available: 0-{available - 1}");
        }
        return text;
    }
}
