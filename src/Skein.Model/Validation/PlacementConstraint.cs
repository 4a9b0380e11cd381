using System.Text.RegularExpressions;

namespace Skein.Model.Validation;

/// <summary>One `--constraint`: key == value or key != value.</summary>
public sealed partial record PlacementConstraint(string Key, bool Equal, string Value)
{
    public static PlacementConstraint Parse(string text)
    {
        foreach (var (sign, equal) in ((string, bool)[])[("==", true), ("!=", false)])
        {
            var at = text.IndexOf(sign, StringComparison.Ordinal);
            if (at < 0) continue;
            var key = text[..at].Trim();
            var value = text[(at + sign.Length)..].Trim();
            if (!KeyPattern().IsMatch(key)) throw Invalid($"key '{key}' is invalid");
            if (!ValuePattern().IsMatch(value)) throw Invalid($"value '{value}' is invalid");
            return new(key, equal, value);
        }
        throw Invalid("constraint expected one operator from ==, !=");
    }

    // swarmkit gives this error no gRPC status: its clients see Unknown, and Docker answers 500.
    private static SkeinException Invalid(string what) => new(ErrorKind.Internal, $"rpc error: code = Unknown desc = {what}");

    [GeneratedRegex(@"\A[a-z_][a-z0-9\-_.]+\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"\A[a-z0-9:\-_\s.*()?+\[\]\\^$|/]+\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ValuePattern();
}
