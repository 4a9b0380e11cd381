using System.Globalization;
using System.Text.Json;
using Skein.Agent.Containers.Processes;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Api.Images.Changes;

/// <summary>`--change` of commit and import: instructions of a Dockerfile that alter an image's config, and none that makes a layer.</summary>
internal static class DockerfileChanges
{
    private static readonly string[] s_shell = ["/bin/sh", "-c"];

    public static ImageConfig Apply(ImageConfig config, IReadOnlyList<string> changes)
    {
        var instructions = Instructions(string.Join('\n', changes)).ToList();
        foreach (var (_, name, _) in instructions)
        {
            if (name is not ("CMD" or "ENTRYPOINT" or "HEALTHCHECK" or "ENV" or "EXPOSE" or "LABEL" or "ONBUILD" or "STOPSIGNAL" or "USER" or "VOLUME" or "WORKDIR"))
                throw SkeinException.Invalid($"{name.ToLowerInvariant()} is not a valid change command");
        }
        // An entrypoint takes the command of another away, and not one that was given along with it.
        var hasCommand = false;
        foreach (var (line, name, rest) in instructions)
        {
            try
            {
                config = Apply(config, name, rest, ref hasCommand);
            }
            catch (SkeinException error)
            {
                throw SkeinException.Invalid(string.Create(CultureInfo.InvariantCulture, $"dockerfile parse error on line {line}: {error.Message}"));
            }
        }
        return config;
    }

    private static ImageConfig Apply(ImageConfig config, string name, string rest, ref bool hasCommand)
    {
        if (rest.Length == 0) throw SkeinException.Invalid($"{name} requires {(name is "USER" or "WORKDIR" or "STOPSIGNAL" ? "exactly" : "at least")} one argument");
        switch (name)
        {
            case "CMD":
                var command = Command(rest);
                hasCommand |= command.Count > 0;
                return config with { Cmd = command };
            case "ENTRYPOINT":
                return config with { Entrypoint = Command(rest), Cmd = hasCommand ? config.Cmd : [] };
            case "HEALTHCHECK":
                return config with { Healthcheck = HealthcheckChange.Read(rest) };
            case "ENV":
                return config with { Env = Pairs(name, rest, config.Env).Aggregate(config.Env, WithVariable) };
            case "LABEL":
                var labels = new Dictionary<string, string>(config.Labels);
                foreach (var (key, value) in Pairs(name, rest, config.Env)) labels[key] = value;
                return config with { Labels = labels };
            case "EXPOSE":
                var ports = ShellWords.Split(rest).Select(word => ShellWords.Expand(word, config.Env)).SelectMany(Ports);
                return config with { ExposedPorts = [.. config.ExposedPorts.Union(ports).Order(StringComparer.Ordinal)] };
            case "VOLUME":
                var volumes = (Words(rest) ?? ShellWords.Split(rest)).Select(word => ShellWords.Expand(word, config.Env).Trim()).ToList();
                if (volumes.Contains("")) throw SkeinException.Invalid("VOLUME specified can not be an empty string");
                return config with { Volumes = [.. config.Volumes.Union(volumes).Order(StringComparer.Ordinal)] };
            case "USER":
                return config with { User = One(name, rest, config.Env) };
            case "WORKDIR":
                return config with { WorkingDir = Path.GetFullPath(One(name, rest, config.Env), config.WorkingDir is ['/', ..] folder ? folder : "/") };
            case "STOPSIGNAL":
                var signal = One(name, rest, config.Env);
                Signals.Parse(signal);
                return config with { StopSignal = signal };
            default:
                return config with { OnBuild = [.. config.OnBuild, Trigger(rest)] };
        }
    }

    /// <summary>A list in JSON; null where it is none, and a shell is meant.</summary>
    internal static IReadOnlyList<string>? Words(string text)
    {
        if (text is not ['[', ..]) return null;
        try
        {
            return JsonSerializer.Deserialize(text, ChangesJson.Default.ListString) is { } words && !words.Contains(null!) ? words : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Command(string rest) => Words(rest) ?? [.. s_shell, rest];

    private static string One(string name, string rest, IReadOnlyList<string> environment)
    {
        var words = name == "WORKDIR" ? [rest] : ShellWords.Split(rest);
        return words.Count == 1 ? ShellWords.Expand(words[0], environment) : throw SkeinException.Invalid($"{name} requires exactly one argument");
    }

    private static IReadOnlyList<string> WithVariable(IReadOnlyList<string> environment, (string Key, string Value) variable)
    {
        var list = environment.ToList();
        var known = list.FindIndex(entry => entry.StartsWith(variable.Key + "=", StringComparison.Ordinal));
        if (known >= 0) list[known] = $"{variable.Key}={variable.Value}";
        else list.Add($"{variable.Key}={variable.Value}");
        return list;
    }

    /// <summary>a=1 b="2 3", or as it was once written, a 1.</summary>
    private static List<(string Key, string Value)> Pairs(string name, string rest, IReadOnlyList<string> environment)
    {
        var words = ShellWords.Split(rest);
        if (!words[0].Contains('='))
        {
            var value = rest[words[0].Length..].Trim();
            return value.Length > 0 ? [(ShellWords.Expand(words[0], environment), ShellWords.Expand(value, environment))] : throw SkeinException.Invalid($"{name} must have two arguments");
        }
        var pairs = new List<(string, string)>();
        foreach (var word in words)
        {
            var equals = word.IndexOf('=');
            if (equals < 0) throw SkeinException.Invalid($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value");
            if (equals == 0) throw SkeinException.Invalid($"{name} names can not be blank");
            pairs.Add((ShellWords.Expand(word[..equals], environment), ShellWords.Expand(word[(equals + 1)..], environment)));
        }
        return pairs;
    }

    private static IEnumerable<string> Ports(string text)
    {
        var (range, protocol) = text.IndexOf('/') is >= 0 and var slash ? (text[..slash], text[(slash + 1)..].ToLowerInvariant()) : (text, "tcp");
        if (protocol is not ("tcp" or "udp" or "sctp")) throw SkeinException.Invalid($"invalid proto: {protocol}");
        var ends = range.Split('-');
        if (ends.Length > 2 || !TryPort(ends[0], out var first) || !TryPort(ends[^1], out var last) || last < first) throw SkeinException.Invalid($"invalid containerPort: {range}");
        return Enumerable.Range(first, last - first + 1).Select(port => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}"));
    }

    private static bool TryPort(string text, out int port) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;

    private static string Trigger(string rest) => rest.Split(' ', 2)[0].ToUpperInvariant() switch
    {
        "ONBUILD" => throw SkeinException.Invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        var name and ("MAINTAINER" or "FROM") => throw SkeinException.Invalid($"{name} isn't allowed as an ONBUILD trigger"),
        _ => rest,
    };

    /// <summary>A backslash at its end makes the next line a part of one; comments and empty lines are none.</summary>
    private static IEnumerable<(int Line, string Name, string Arguments)> Instructions(string text)
    {
        var (begun, whole) = (0, "");
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (whole.Length == 0) begun = i + 1;
            if (line[^1] == '\\' && i + 1 < lines.Length)
            {
                whole += line[..^1];
                continue;
            }
            whole += line;
            var name = whole.Split([' ', '\t'], 2);
            yield return (begun, name[0].ToUpperInvariant(), name.Length > 1 ? name[1].Trim() : "");
            whole = "";
        }
    }
}
