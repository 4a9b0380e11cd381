namespace Skein.Model.Templates;

/// <summary>len, index and slice.</summary>
internal static class GoIndexing
{
    public static TemplateValue Length(TemplateValue value) => new TemplateValue.Int(value switch
    {
        TemplateValue.Text text => text.Bytes.Length,
        TemplateValue.Map map => map.Entries.Count,
        TemplateValue.List list => list.Items.Length,
        TemplateValue.Nil => throw new TemplateException("reflect: call of reflect.Value.Type on zero Value"),
        _ => throw new TemplateException($"len of type {TypeBelow(value)}"),
    });

    public static TemplateValue Index(TemplateValue value, ReadOnlySpan<TemplateValue> indexes)
    {
        if (value is TemplateValue.Nil) throw new TemplateException("index of untyped nil");
        foreach (var index in indexes)
        {
            value = value switch
            {
                TemplateValue.Text text => new TemplateValue.Byte((byte)text.Bytes[Position(index, text.Bytes.Length, "string")]),
                TemplateValue.List list => list.Items[Position(index, list.Items.Length, "slice")],
                TemplateValue.Map map => new TemplateValue.Text(map.Entries.GetValueOrDefault(Key(index), "")),
                _ => throw new TemplateException($"can't index item of type {TypeBelow(value)}"),
            };
        }
        return value;
    }

    public static TemplateValue Slice(TemplateValue value, ReadOnlySpan<TemplateValue> indexes)
    {
        if (value is TemplateValue.Nil) throw new TemplateException("slice of untyped nil");
        if (indexes.Length > 3) throw new TemplateException($"too many slice indexes: {indexes.Length}");
        if (value is TemplateValue.Text && indexes.Length == 3) throw new TemplateException("cannot 3-index slice a string");
        var length = value switch
        {
            TemplateValue.Text text => text.Bytes.Length,
            TemplateValue.List list => list.Items.Length,
            _ => throw new TemplateException($"can't slice item of type {value.Type}"),
        };
        var from = indexes.Length > 0 ? Bounded(indexes[0], length) : 0;
        var to = indexes.Length > 1 ? Bounded(indexes[1], length) : length;
        var limit = indexes.Length > 2 ? Bounded(indexes[2], length) : length;
        if (from > to) throw new TemplateException($"invalid slice index: {from} > {to}");
        if (to > limit) throw new TemplateException($"invalid slice index: {to} > {limit}");
        return value is TemplateValue.List items
            ? new TemplateValue.List([.. items.Items.AsSpan()[from..to]])
            : new TemplateValue.Text(((TemplateValue.Text)value).Bytes[from..to]);
    }

    private static string Key(TemplateValue index) => index switch
    {
        TemplateValue.Text text => text.Bytes,
        TemplateValue.Nil => throw new TemplateException("value is nil; should be of type string"),
        _ => throw new TemplateException($"value has type {index.Type}; should be string"),
    };

    // Go's own bounds let the length itself through, and its reflection then refuses it in words of its own.
    private static int Position(TemplateValue index, int length, string kind)
    {
        var at = Bounded(index, length);
        return at < length ? at : throw new TemplateException($"reflect: {kind} index out of range");
    }

    private static int Bounded(TemplateValue index, int most)
    {
        var at = index switch
        {
            TemplateValue.Int number => number.Value,
            TemplateValue.Byte number => number.Value,
            TemplateValue.Nil => throw new TemplateException("cannot index slice/array with nil"),
            _ => throw new TemplateException($"cannot index slice/array with type {index.Type}"),
        };
        return at >= 0 && at <= most ? (int)at : throw new TemplateException($"index out of range: {at}");
    }

    private static string TypeBelow(TemplateValue value) => value is TemplateValue.Struct below ? below.Name : value.Type;
}
