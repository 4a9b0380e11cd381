namespace Skein.Model.Templates;

/// <summary>eq, lt and what follows of them.</summary>
internal static class GoComparison
{
    private const string Incompatible = "incompatible types for comparison";
    private const string Unordered = "invalid type for comparison";

    public static bool EqualsAny(TemplateValue value, ReadOnlySpan<TemplateValue> others)
    {
        if (others.Length == 0) throw new TemplateException("missing argument for comparison");
        foreach (var other in others)
        {
            if (AreEqual(value, other)) return true;
        }
        return false;
    }

    public static bool IsLess(TemplateValue left, TemplateValue right)
    {
        if (IsCompound(left) || IsCompound(right)) throw new TemplateException(Unordered);
        return (left, right) switch
        {
            (TemplateValue.Text a, TemplateValue.Text b) => string.CompareOrdinal(a.Bytes, b.Bytes) < 0,
            (TemplateValue.Float a, TemplateValue.Float b) => a.Value < b.Value,
            (TemplateValue.Bool, TemplateValue.Bool) => throw new TemplateException(Unordered),
            _ when Whole(left) is { } a && Whole(right) is { } b => a < b,
            _ => throw new TemplateException(Incompatible),
        };
    }

    public static bool IsLessOrEqual(TemplateValue left, TemplateValue right) => IsLess(left, right) || AreEqual(left, right);

    private static bool AreEqual(TemplateValue left, TemplateValue right)
    {
        if (IsCompound(left) && IsCompound(right)) return AreCompoundsEqual(left, right);
        if (left is TemplateValue.Nil || right is TemplateValue.Nil) return false;
        if (Whole(left) is { } a && Whole(right) is { } b) return a == b;
        return left.GetType() == right.GetType() ? left == right : throw new TemplateException(Incompatible);
    }

    // Structs, maps and lists, of which Go compares few; nil is the equal of an empty map.
    private static bool AreCompoundsEqual(TemplateValue left, TemplateValue right)
    {
        if (!AreAlike(left, right))
            throw new TemplateException($"non-comparable types {GoPrinter.Print([left])}: {left.Type}, {right.Type}: {GoPrinter.Print([right])}");
        if (IsNil(left) || IsNil(right)) return IsNil(left) == IsNil(right);
        if (right is TemplateValue.Struct { IsComparable: true }) return left == right;
        throw new TemplateException($"non-comparable type {GoPrinter.Print([right])}: {right.Type}");
    }

    private static bool AreAlike(TemplateValue left, TemplateValue right) =>
        left is TemplateValue.Nil || right is TemplateValue.Nil
        || (left.GetType() == right.GetType() && IsPointer(left) == IsPointer(right));

    private static bool IsPointer(TemplateValue value) => value is TemplateValue.Struct { IsPointer: true };

    private static bool IsNil(TemplateValue value) =>
        value is TemplateValue.Nil or TemplateValue.Map { Truth: false } or TemplateValue.List { Truth: false };

    private static bool IsCompound(TemplateValue value) =>
        value is TemplateValue.Nil or TemplateValue.Map or TemplateValue.List or TemplateValue.Struct;

    private static long? Whole(TemplateValue value) => value switch
    {
        TemplateValue.Int number => number.Value,
        TemplateValue.Byte number => number.Value,
        _ => null,
    };
}
