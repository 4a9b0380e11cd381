using System.Globalization;
using System.Text;

namespace Skein.Model.Templates;

/// <summary>What Go calls a letter, a digit, printable.</summary>
internal static class GoRunes
{
    public static bool IsSpace(int rune) => rune is ' ' or '\t' or '\r' or '\n';

    public static bool IsAlphanumeric(int rune) =>
        rune == '_' || (Rune.IsValid(rune) && (Rune.IsLetter(new Rune(rune)) || Rune.IsDigit(new Rune(rune))));

    public static bool IsPrintable(int rune)
    {
        if (rune < 0x7F) return rune >= ' ';
        return Rune.IsValid(rune) && Rune.GetUnicodeCategory(new Rune(rune)) is not
            (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator);
    }

    /// <summary>Go's %#U: U+0021 '!'.</summary>
    public static string Describe(int rune)
    {
        var number = $"U+{rune:X4}";
        return IsPrintable(rune) ? $"{number} '{GoBytes.OfRune(rune)}'" : number;
    }
}
