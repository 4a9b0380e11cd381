namespace Skein.Agent.Tar;

/// <summary>What a tar says of one entry. Names and values are bytes: none of them need be text, and a name must come out as it went in.</summary>
internal sealed record TarHead(TarKind Kind, byte[] Name)
{
    /// <summary>Where a link leads; of a hard link the entry that it is another name of.</summary>
    public byte[] LinkName { get; init; } = [];

    /// <summary>Permissions, with set-user-id and the like.</summary>
    public uint Mode { get; init; }

    public uint User { get; init; }

    public uint Group { get; init; }

    /// <summary>Bytes that follow; 0 for what has none, whatever its head says.</summary>
    public long Size { get; init; }

    public long ModifiedSeconds { get; init; }

    public uint ModifiedNanoseconds { get; init; }

    public uint Major { get; init; }

    public uint Minor { get; init; }

    /// <summary>Extended attributes.</summary>
    public IReadOnlyList<TarAttribute> Attributes { get; init; } = [];
}
