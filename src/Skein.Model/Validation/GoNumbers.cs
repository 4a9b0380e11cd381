using System.Globalization;

namespace Skein.Model.Validation;

/// <summary>Numbers as Docker's messages have them.</summary>
internal static class GoNumbers
{
    /// <summary>Go's %g: the shortest text that reads back the same, with an exponent of two digits below 1e-4.</summary>
    public static string Shortest(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Replace("E-0", "e-0", StringComparison.Ordinal).Replace("E-", "e-", StringComparison.Ordinal);
    }
}
