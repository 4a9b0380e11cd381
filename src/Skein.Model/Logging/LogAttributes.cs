using System.Text.RegularExpressions;

namespace Skein.Model.Logging;

/// <summary>What the options labels, env and their -regex forms take of a container along with each of its lines.</summary>
public static class LogAttributes
{
    /// <param name="environment">NAME=value</param>
    /// <param name="rename">What the driver makes of a name.</param>
    public static SortedDictionary<string, string> Of(
        IDictionary<string, string> options, IReadOnlyDictionary<string, string> labels, IEnumerable<string> environment, Func<string, string>? rename = null)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Take(LogOptions.Labels, LogOptions.LabelsRegex, labels);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in environment)
        {
            if (variable.Split('=', 2) is [var name, var value]) variables[name] = value;
        }
        Take(LogOptions.Env, LogOptions.EnvRegex, variables);
        return found;

        void Take(string byName, string byPattern, IReadOnlyDictionary<string, string> from)
        {
            if (options.TryGetValue(byName, out var names))
            {
                foreach (var name in names.Split(',').Where(from.ContainsKey)) Add(name, from[name]);
            }
            if (!options.TryGetValue(byPattern, out var pattern) || pattern.Length == 0) return;
            var regex = Compile(pattern);
            foreach (var (name, value) in from.Where(entry => regex.IsMatch(entry.Key))) Add(name, value);
        }

        void Add(string name, string value)
        {
            var shown = rename is null ? name : rename(name);
            if (shown.Length > 0) found[shown] = value;
        }
    }

    /// <summary>As in Go, a pattern takes time in proportion to the text.</summary>
    /// <exception cref="SkeinException"/>
    public static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw SkeinException.Invalid($"error parsing regexp: `{pattern}`: {error.Message}");
        }
    }
}
