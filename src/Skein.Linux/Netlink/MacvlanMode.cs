namespace Skein.Linux.Netlink;

/// <summary>How devices on one lower device see each other; the kernel's numbers.</summary>
public enum MacvlanMode : uint
{
    /// <summary>Not at all.</summary>
    Private = 1,

    /// <summary>By a switch outside that sends frames back.</summary>
    Vepa = 2,

    /// <summary>Directly.</summary>
    Bridge = 4,

    /// <summary>There is a single one.</summary>
    Passthru = 8,
}
