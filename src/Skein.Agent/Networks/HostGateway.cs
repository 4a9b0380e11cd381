using System.Net;

namespace Skein.Agent.Networks;

/// <summary>`--add-host NAME:host-gateway`: the word that stands for the addresses by which a container reaches its host.</summary>
public static class HostGateway
{
    public const string Word = "host-gateway";

    public static bool IsNamed(IEnumerable<string> lines) => lines.Any(IsNamed);

    /// <param name="lines">"ADDRESS NAME…"</param>
    public static IEnumerable<string> Resolve(IEnumerable<string> lines, IReadOnlyCollection<IPAddress> addresses) =>
        lines.SelectMany(line => IsNamed(line) ? addresses.Select(address => $"{address}{line[Word.Length..]}") : [line]);

    private static bool IsNamed(string line) => line.StartsWith(Word + " ", StringComparison.Ordinal);
}
