using System.Text.RegularExpressions;

namespace Skein.Model.Validation;

/// <summary>Whether a text is an image reference as one types it: [registry/]path[:tag][@digest].</summary>
public static partial class ImageReferenceValidation
{
    private const int LongestName = 255;

    public static bool IsValid(string reference)
    {
        // 64 hex digits are an image id, which no registry can be asked for.
        if (ImageId().IsMatch(reference)) return false;
        var match = Reference().Match(reference);
        return match.Success && match.Groups["name"].Length <= LongestName;
    }

    [GeneratedRegex(@"\A[a-f0-9]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ImageId();

    // The first component is a registry when it has a dot or a port, is localhost, or has upper case.
    [GeneratedRegex(
        @"\A(?<name>(?:(?:localhost|\[[0-9a-fA-F:]+\]|(?=[^/]*[.:A-Z])[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]+)?/)?" +
        @"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)" +
        @"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
