namespace Skein.Agent.Tar;

/// <summary>The records of an extended head of POSIX.1-2001: "LENGTH KEY=VALUE\n", the length that of the whole record. A value is bytes, and may have lines.</summary>
internal ref struct PaxReader(ReadOnlySpan<byte> records)
{
    private const int DigitsMax = 7;   // of a head that has a bound

    private ReadOnlySpan<byte> _rest = records;

    public ReadOnlySpan<byte> Key { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <returns>false at the end.</returns>
    /// <exception cref="TarFormatException"/>
    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        var blank = _rest[..Math.Min(_rest.Length, DigitsMax + 1)].IndexOf((byte)' ');
        if (blank <= 0 || Number(_rest[..blank]) is var length && (length <= blank + 1 || length > _rest.Length)) throw TarFormatException.Invalid();
        var record = _rest[(blank + 1)..length];
        _rest = _rest[length..];
        if (record[^1] != (byte)'\n' || record.IndexOf((byte)'=') is var equals && equals <= 0) throw TarFormatException.Invalid();
        Key = record[..equals];
        Value = record[(equals + 1)..^1];
        return Key.Contains((byte)0) ? throw TarFormatException.Invalid() : true;
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits) number = digit is >= (byte)'0' and <= (byte)'9' ? number * 10 + (digit - '0') : throw TarFormatException.Invalid();
        return number;
    }
}
