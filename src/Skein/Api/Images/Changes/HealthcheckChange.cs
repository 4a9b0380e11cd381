using System.Globalization;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Images.Changes;

/// <summary>HEALTHCHECK NONE, or HEALTHCHECK [--interval=30s …] CMD …</summary>
internal static class HealthcheckChange
{
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);

    public static HealthConfig Read(string rest)
    {
        var health = new HealthConfig();
        while (rest.StartsWith("--", StringComparison.Ordinal)) rest = ReadFlag(rest, health);
        var (kind, command) = Cut(rest);
        switch (kind.ToUpperInvariant())
        {
            case "":
                throw SkeinException.Invalid("HEALTHCHECK requires at least one argument");
            case "NONE":
                if (command.Length > 0) throw SkeinException.Invalid("HEALTHCHECK NONE takes no arguments");
                health.Test.Add("NONE");
                return health;
            case "CMD":
                if (command.Length == 0) throw SkeinException.Invalid("Missing command after HEALTHCHECK CMD");
                if (DockerfileChanges.Words(command) is { } words) health.Test.AddRange(["CMD", .. words]);
                else health.Test.AddRange(["CMD-SHELL", command]);
                return health;
            default:
                throw SkeinException.Invalid($"Unknown type \"{kind.ToUpperInvariant()}\" in HEALTHCHECK (try CMD)");
        }
    }

    private static string ReadFlag(string rest, HealthConfig health)
    {
        var (flag, after) = Cut(rest);
        var (name, value) = flag.IndexOf('=') is > 0 and var equals ? (flag[2..equals], flag[(equals + 1)..]) : (flag[2..], "");
        switch (name)
        {
            case "interval":
                health.Interval = Span(name, value);
                break;
            case "timeout":
                health.Timeout = Span(name, value);
                break;
            case "start-period":
                health.StartPeriod = Span(name, value);
                break;
            case "start-interval":
                health.StartInterval = Span(name, value);
                break;
            case "retries":
                health.Retries = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var retries) ? retries : throw SkeinException.Invalid($"--retries cannot be negative: {value}");
                break;
            default:
                throw SkeinException.Invalid($"unknown flag: --{name}");
        }
        return after;
    }

    private static long Span(string name, string value)
    {
        if (!GoDuration.TryParse(value, out var span)) throw SkeinException.Invalid($"time: invalid duration \"{value}\"");
        if (span != TimeSpan.Zero && span < s_least) throw SkeinException.Invalid($"interval \"{name}\" cannot be less than 1ms");
        return span.InNanoseconds();
    }

    private static (string First, string After) Cut(string text)
    {
        var end = text.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (text, "") : (text[..end], text[end..].Trim());
    }
}
