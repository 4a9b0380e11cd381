using System.Text;

namespace Skein.Model.Templates;

/// <summary>Bytes that are collected, up to a bound.</summary>
internal sealed class GoWriter
{
    private readonly StringBuilder _bytes = new();

    public int Length => _bytes.Length;

    public void Append(string bytes)
    {
        Bound(bytes.Length);
        _bytes.Append(bytes);
    }

    /// <summary>Filled up to a width, of zeros or spaces on the left or spaces on the right.</summary>
    public void Pad(string bytes, in GoFormatFlags flags)
    {
        var missing = Math.Max(0, (flags.Width ?? 0) - GoBytes.RuneCount(bytes));
        Bound(bytes.Length + missing);
        if (!flags.Minus) _bytes.Append(flags.Zero ? '0' : ' ', missing);
        _bytes.Append(bytes);
        if (flags.Minus) _bytes.Append(' ', missing);
    }

    public override string ToString() => _bytes.ToString();

    private void Bound(int more)
    {
        if (_bytes.Length + more > TemplateBounds.LargestText) throw new TemplateException($"more than {TemplateBounds.LargestText} bytes");
    }
}
