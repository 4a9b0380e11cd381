namespace Skein.Linux.Netlink;

/// <summary>A device by its index or, where only that is known, by its name.</summary>
public readonly record struct LinkName(int Index, string Name)
{
    public static implicit operator LinkName(int index) => new(index, "");

    public static implicit operator LinkName(string name) => new(0, name);

    public override string ToString() => Index != 0 ? Index.ToString(System.Globalization.CultureInfo.InvariantCulture) : Name;
}
