namespace Skein.Model.Templates;

/// <summary>Go's fmt.Sprintf: it never fails, what is wrong stands in what it makes.</summary>
internal sealed class GoFormat
{
    private const int Largest = 1_000_000;   // of a width, a precision or an argument's number

    private readonly GoWriter _writer = new();
    private readonly string _format;
    private readonly TemplateValue[] _arguments;
    private int _at;
    private int _argument;
    private bool _reordered;
    private bool _isGoodArgument;

    private GoFormat(string format, TemplateValue[] arguments) => (_format, _arguments) = (format, arguments);

    public static string Format(string format, TemplateValue[] arguments) => new GoFormat(format, arguments).Run();

    private string Run()
    {
        while (_at < _format.Length)
        {
            var percent = _format.IndexOf('%', _at);
            var end = percent < 0 ? _format.Length : percent;
            _writer.Append(_format[_at..end]);
            _at = end + 1;
            if (percent >= 0) Verb();
        }
        if (!_reordered && _argument < _arguments.Length) Extra();
        return _writer.ToString();
    }

    private void Verb()
    {
        _isGoodArgument = true;
        var flags = Flags();
        var afterIndex = ArgumentNumber();
        Width(ref flags, ref afterIndex);
        Precision(ref flags, ref afterIndex);
        if (!afterIndex) ArgumentNumber();
        if (_at >= _format.Length)
        {
            _writer.Append("%!(NOVERB)");
            return;
        }
        var verb = GoBytes.RuneAt(_format, _at, out var width);
        _at += width;
        if (verb == '%') _writer.Append("%");
        else if (!_isGoodArgument) _writer.Append($"%!{GoBytes.OfRune(verb)}(BADINDEX)");
        else if (_argument >= _arguments.Length) _writer.Append($"%!{GoBytes.OfRune(verb)}(MISSING)");
        else GoFormatter.Write(_writer, _arguments[_argument++], verb, ForVerb(flags, verb), nested: false);
    }

    private static GoFormatFlags ForVerb(GoFormatFlags flags, int verb) =>
        verb == 'v' ? flags with { Source = flags.Sharp, Sharp = false, Names = flags.Plus, Plus = false } : flags;

    private GoFormatFlags Flags()
    {
        var flags = default(GoFormatFlags);
        for (; _at < _format.Length; _at++)
        {
            switch (_format[_at])
            {
                case '#': flags.Sharp = true; break;
                case '0': flags.Zero = !flags.Minus; break;
                case '+': flags.Plus = true; break;
                case '-': (flags.Minus, flags.Zero) = (true, false); break;
                case ' ': flags.Space = true; break;
                default: return flags;
            }
        }
        return flags;
    }

    private void Width(ref GoFormatFlags flags, ref bool afterIndex)
    {
        if (Taken('*'))
        {
            flags.Width = ArgumentAsNumber();
            if (flags.Width is null) _writer.Append("%!(BADWIDTH)");
            if (flags.Width < 0) (flags.Width, flags.Minus, flags.Zero) = (-flags.Width, true, false);
            afterIndex = false;
            return;
        }
        flags.Width = Number();
        if (afterIndex && flags.Width is not null) _isGoodArgument = false;
    }

    private void Precision(ref GoFormatFlags flags, ref bool afterIndex)
    {
        if (!Taken('.')) return;
        if (afterIndex) _isGoodArgument = false;
        afterIndex = ArgumentNumber();
        if (!Taken('*'))
        {
            flags.Precision = Number() ?? 0;
            return;
        }
        flags.Precision = ArgumentAsNumber();
        if (flags.Precision < 0) flags.Precision = null;
        if (flags.Precision is null) _writer.Append("%!(BADPREC)");
        afterIndex = false;
    }

    private bool Taken(char character)
    {
        if (_at >= _format.Length || _format[_at] != character) return false;
        _at++;
        return true;
    }

    private int? Number()
    {
        int? number = null;
        for (; _at < _format.Length && char.IsAsciiDigit(_format[_at]); _at++)
        {
            if (number > Largest)
            {
                _at = _format.Length;   // Go gives up on the format there
                return null;
            }
            number = ((number ?? 0) * 10) + (_format[_at] - '0');
        }
        return number;
    }

    private int? ArgumentAsNumber()
    {
        if (_argument >= _arguments.Length) return null;
        var number = _arguments[_argument++] switch
        {
            TemplateValue.Int value => value.Value,
            TemplateValue.Byte value => value.Value,
            _ => (long?)null,
        };
        return number is >= -Largest and <= Largest ? (int)number : null;
    }

    // [3]: which argument is next
    private bool ArgumentNumber()
    {
        if (_at >= _format.Length || _format[_at] != '[') return false;
        _reordered = true;
        var close = _format.IndexOf(']', _at);
        if (close < 0)
        {
            _isGoodArgument = false;
            _at++;
            return false;
        }
        var isNumber = int.TryParse(_format.AsSpan(_at + 1, close - _at - 1), System.Globalization.NumberStyles.None, null, out var number);
        _at = close + 1;
        if (isNumber && number >= 1 && number <= _arguments.Length)
        {
            _argument = number - 1;
            return true;
        }
        _isGoodArgument = false;
        return isNumber;
    }

    private void Extra()
    {
        _writer.Append("%!(EXTRA ");
        for (var i = _argument; i < _arguments.Length; i++)
        {
            if (i > _argument) _writer.Append(", ");
            if (_arguments[i] is TemplateValue.Nil)
            {
                _writer.Append("<nil>");
                continue;
            }
            _writer.Append($"{_arguments[i].Type}=");
            GoFormatter.Write(_writer, _arguments[i], 'v', default, nested: false);
        }
        _writer.Append(")");
    }
}
