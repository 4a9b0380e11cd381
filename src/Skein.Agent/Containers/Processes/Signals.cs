using System.Globalization;
using Skein.Model;

namespace Skein.Agent.Containers.Processes;

/// <summary>Signals by name or number, as on x86 and ARM.</summary>
public static class Signals
{
    public const uint Kill = 9;
    private const uint RealtimeMin = 34;
    private const uint RealtimeMax = 64;

    // By number, from 1.
    private static readonly string[] Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    public static uint Parse(string signal)
    {
        if (uint.TryParse(signal, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number is > 0 and <= RealtimeMax ? number : throw Invalid(signal);
        var name = signal.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        var index = Array.IndexOf(Names, name);
        if (index >= 0)
            return (uint)index + 1;
        return name switch
        {
            "IOT" => 6,
            "CLD" => 17,
            "POLL" => 29,
            "RTMIN" => RealtimeMin,
            "RTMAX" => RealtimeMax,
            _ when Offset(name, "RTMIN+") is { } above && RealtimeMin + above <= RealtimeMax => RealtimeMin + above,
            _ when Offset(name, "RTMAX-") is { } below && RealtimeMax - below >= RealtimeMin => RealtimeMax - below,
            _ => throw Invalid(signal),
        };
    }

    private static uint? Offset(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && uint.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset <= 30 ? offset : null;

    private static SkeinException Invalid(string signal) => SkeinException.Invalid($"invalid signal: {signal}");
}
