using System.Globalization;

namespace Skein.Model.Specs;

/// <summary>
/// What a node has beside CPUs and memory, in the words of its operator: so many of a kind (SSD=3), or each by a name (gpu=UUID1, gpu=UUID2).
/// Services ask for a number; a task is given as many, by their names where they have some.
/// </summary>
public static class GenericResources
{
    /// <summary>Docker's prefix of the variables by which a container learns what it was given.</summary>
    private const string Variable = "DOCKER_RESOURCE_";

    /// <param name="terms">KIND=NUMBER or KIND=NAME, as node-generic-resources has them.</param>
    /// <exception cref="SkeinException">In swarmkit's words.</exception>
    public static IReadOnlyList<GenericResource> Parse(IEnumerable<string> terms)
    {
        var resources = new List<GenericResource>();
        foreach (var kind in terms.Select(Split).GroupBy(term => term.Kind, term => term.Value))
        {
            var values = kind.ToList();
            if (values is [var single] && TryNumber(single, out var count))
            {
                if (count < 0) throw Wrong($"cannot ask for negative resource {kind.Key}");
                resources.Add(new() { Kind = kind.Key, Count = count });
                continue;
            }
            if (values.Exists(value => TryNumber(value, out _)))
                throw Wrong($"mixed discrete and named resources in expression '{kind.Key}=[{string.Join(' ', values)}]'");
            resources.AddRange(values.Distinct(StringComparer.Ordinal).Select(name => new GenericResource { Kind = kind.Key, Name = name }));
        }
        return resources;
    }

    /// <summary>DOCKER_RESOURCE_KIND=VALUE,… for what a task was given.</summary>
    public static IEnumerable<string> Environment(IEnumerable<GenericResource> given) => given
        .GroupBy(resource => resource.Kind, ValueOf)
        .Select(kind => $"{(Variable + kind.Key).ToUpperInvariant()}={string.Join(',', kind)}");

    /// <summary>How many of it this is.</summary>
    public static long CountOf(GenericResource resource) => resource.Name.Length > 0 ? 1 : resource.Count;

    private static string ValueOf(GenericResource resource) =>
        resource.Name.Length > 0 ? resource.Name : resource.Count.ToString(CultureInfo.InvariantCulture);

    private static (string Kind, string Value) Split(string term) => term.Split('=') is [var kind, var value]
        ? (kind.Trim(), value.Trim())
        : throw Wrong($"incorrect term {term}, missing '=' or malformed expression");

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static SkeinException Wrong(string why) => SkeinException.Invalid($"could not parse GenericResource: {why}");
}
