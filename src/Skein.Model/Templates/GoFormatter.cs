namespace Skein.Model.Templates;

/// <summary>One value by one verb: %d of 3, %v of a struct, %!d(string=x) of a mistake.</summary>
internal static class GoFormatter
{
    public static void Write(GoWriter writer, TemplateValue value, int verb, GoFormatFlags flags, bool nested)
    {
        if (verb == 'T' && !nested)
        {
            writer.Pad(value.Type, flags);
            return;
        }
        if (verb is 'p' or 'w')
        {
            WriteMistake(writer, value, verb, flags);   // addresses and wrapped errors: there are none here
            return;
        }
        switch (value)
        {
            case TemplateValue.Nil when verb == 'v': writer.Pad("<nil>", flags); break;
            case TemplateValue.Bool flag when verb is 'v' or 't': writer.Pad(flag.Value ? "true" : "false", flags); break;
            case TemplateValue.Int number when GoIntegers.Has(verb): GoIntegers.Write(writer, number.Value, verb, flags); break;
            case TemplateValue.Byte number when flags.Source && verb == 'v': GoIntegers.Write(writer, number.Value, 'x', flags with { Sharp = true }); break;
            case TemplateValue.Byte number when GoIntegers.Has(verb): GoIntegers.Write(writer, number.Value, verb, flags); break;
            case TemplateValue.Float number when GoFloats.Has(verb): GoFloats.Write(writer, number.Value, verb, flags); break;
            case TemplateValue.Text text when verb is 'v' or 's' or 'q' or 'x' or 'X': WriteText(writer, text.Bytes, verb, flags); break;
            case TemplateValue.Map map: WriteMap(writer, map, verb, flags); break;
            case TemplateValue.List list: WriteList(writer, list, verb, flags); break;
            case TemplateValue.Struct { IsPointer: true } pointer when !nested:
                writer.Append("&");
                WriteStruct(writer, pointer, verb, flags);
                break;
            case TemplateValue.Struct fields: WriteStruct(writer, fields, verb, flags); break;
            default: WriteMistake(writer, value, verb, flags); break;
        }
    }

    private static void WriteMistake(GoWriter writer, TemplateValue value, int verb, GoFormatFlags flags)
    {
        writer.Append($"%!{GoBytes.OfRune(verb)}(");
        if (value is TemplateValue.Nil)
        {
            writer.Append("<nil>");
        }
        else
        {
            writer.Append($"{value.Type}=");
            Write(writer, value, 'v', flags, nested: false);
        }
        writer.Append(")");
    }

    private static void WriteText(GoWriter writer, string bytes, int verb, GoFormatFlags flags)
    {
        if (verb is 'x' or 'X')
        {
            WriteHex(writer, bytes, verb, flags);
            return;
        }
        if (flags.Precision is { } most) bytes = GoBytes.Truncate(bytes, most);
        if (verb == 'q' || flags.Source)
            bytes = flags.Sharp && GoQuotes.CanBackquote(bytes) ? $"`{bytes}`" : GoQuotes.Quote(bytes, flags.Plus);
        writer.Pad(bytes, flags);
    }

    private static void WriteHex(GoWriter writer, string bytes, int verb, GoFormatFlags flags)
    {
        if (flags.Precision is { } most && most < bytes.Length) bytes = bytes[..most];
        var prefix = flags.Sharp ? $"0{(char)verb}" : "";
        var digits = bytes.Select(c => ((int)c).ToString(verb == 'x' ? "x2" : "X2", System.Globalization.CultureInfo.InvariantCulture));
        var hex = flags.Space ? string.Join(' ', digits.Select(two => prefix + two)) : prefix + string.Concat(digits);
        writer.Pad(bytes.Length > 0 ? hex : "", flags);
    }

    private static void WriteMap(GoWriter writer, TemplateValue.Map map, int verb, GoFormatFlags flags)
    {
        if (flags.Source && map.Entries.IsEmpty)
        {
            writer.Append($"{map.Type}(nil)");
            return;
        }
        writer.Append(flags.Source ? map.Type + "{" : "map[");
        var between = "";
        foreach (var (key, value) in map.Entries)
        {
            writer.Append(between);
            Write(writer, new TemplateValue.Text(key), verb, flags, nested: true);
            writer.Append(":");
            Write(writer, new TemplateValue.Text(value), verb, flags, nested: true);
            between = flags.Source ? ", " : " ";
        }
        writer.Append(flags.Source ? "}" : "]");
    }

    private static void WriteList(GoWriter writer, TemplateValue.List list, int verb, GoFormatFlags flags)
    {
        writer.Append(flags.Source ? list.Type + "{" : "[");
        for (var i = 0; i < list.Items.Length; i++)
        {
            if (i > 0) writer.Append(flags.Source ? ", " : " ");
            Write(writer, list.Items[i], verb, flags, nested: true);
        }
        writer.Append(flags.Source ? "}" : "]");
    }

    private static void WriteStruct(GoWriter writer, TemplateValue.Struct value, int verb, GoFormatFlags flags)
    {
        writer.Append(flags.Source ? value.Name + "{" : "{");
        for (var i = 0; i < value.Fields.Length; i++)
        {
            if (i > 0) writer.Append(flags.Source ? ", " : " ");
            if (flags.Names || flags.Source) writer.Append(value.Fields[i].Name + ":");
            Write(writer, value.Fields[i].Value, verb, flags, nested: true);
        }
        writer.Append("}");
    }
}
