using System.Collections.Immutable;

namespace Skein.Model.Templates;

/// <summary>A value as a template sees it. Text is made of ordinary strings here and is bytes within (<see cref="GoBytes"/>).</summary>
public abstract record TemplateValue
{
    private TemplateValue() { }

    public static TemplateValue Of(string text) => new Text(GoBytes.From(text));

    public static TemplateValue Of(ReadOnlySpan<byte> bytes) => new Text(GoBytes.From(bytes));

    /// <summary>A map[string]string; one without entries is a nil one, as Docker has it.</summary>
    public static TemplateValue Of(IEnumerable<KeyValuePair<string, string>> entries) => new Map(entries.ToImmutableSortedDictionary(
        entry => GoBytes.From(entry.Key), entry => GoBytes.From(entry.Value), StringComparer.Ordinal));

    /// <summary>A []string.</summary>
    public static TemplateValue Of(IEnumerable<string> texts) => new List([.. texts.Select(text => new Text(GoBytes.From(text)))]);

    /// <summary>A struct. The name of its type is what messages call it; one that begins with * is a pointer to the struct.</summary>
    public static TemplateValue Of(string type, params ReadOnlySpan<(string Name, TemplateValue Value)> fields) =>
        new Struct(type.TrimStart('*'), type.StartsWith('*'), [.. fields]);

    /// <summary>Go's name of the type.</summary>
    internal abstract string Type { get; }

    /// <summary>What `if` makes of it.</summary>
    internal abstract bool Truth { get; }

    /// <summary>Nothing at all: `nil`, and what `and nil` yields.</summary>
    internal sealed record Nil : TemplateValue
    {
        public static readonly Nil Value = new();

        internal override string Type => "<nil>";

        internal override bool Truth => false;
    }

    internal sealed record Bool(bool Value) : TemplateValue
    {
        internal override string Type => "bool";

        internal override bool Truth => Value;
    }

    internal sealed record Int(long Value) : TemplateValue
    {
        internal override string Type => "int";

        internal override bool Truth => Value != 0;
    }

    /// <summary>What `index` takes out of a string.</summary>
    internal sealed record Byte(byte Value) : TemplateValue
    {
        internal override string Type => "uint8";

        internal override bool Truth => Value != 0;
    }

    internal sealed record Float(double Value) : TemplateValue
    {
        internal override string Type => "float64";

        internal override bool Truth => Value != 0;
    }

    internal sealed record Text(string Bytes) : TemplateValue
    {
        internal override string Type => "string";

        internal override bool Truth => Bytes.Length > 0;
    }

    internal sealed record List(ImmutableArray<Text> Items) : TemplateValue
    {
        internal override string Type => "[]string";

        internal override bool Truth => Items.Length > 0;
    }

    internal sealed record Map(ImmutableSortedDictionary<string, string> Entries) : TemplateValue
    {
        internal override string Type => "map[string]string";

        internal override bool Truth => Entries.Count > 0;
    }

    internal sealed record Struct(string Name, bool IsPointer, ImmutableArray<(string Name, TemplateValue Value)> Fields) : TemplateValue
    {
        internal override string Type => IsPointer ? "*" + Name : Name;

        internal override bool Truth => true;

        /// <summary>Go compares two structs whose fields it can compare; maps and slices it cannot.</summary>
        internal bool IsComparable => IsPointer || Fields.All(part => part.Value is not (Map or List or Struct { IsComparable: false }));

        internal TemplateValue? Find(string name)
        {
            foreach (var field in Fields)
            {
                if (field.Name == name) return field.Value;
            }
            return null;
        }

        public bool Equals(Struct? other) => ReferenceEquals(this, other)
            || (other is not null && Type == other.Type && !IsPointer && Fields.SequenceEqual(other.Fields));

        public override int GetHashCode() => Type.GetHashCode(StringComparison.Ordinal);
    }
}
