using Skein.Model;

namespace Skein.Manager.Keys;

/// <summary>What the leader does next about the store's key.</summary>
internal abstract record KeyStep
{
    /// <summary>Until something is written that changes it.</summary>
    public sealed record Rest : KeyStep;

    /// <summary>A new key is due, and too soon after the one before.</summary>
    public sealed record Wait(TimeSpan Time) : KeyStep;

    /// <summary>Writes down that there is one key, and which.</summary>
    public sealed record Begin : KeyStep;

    /// <summary>Makes a key that is to follow. Nothing is sealed with it until every manager has it.</summary>
    public sealed record Announce(string Why) : KeyStep;

    /// <summary>From this write on all is sealed with the key that was announced.</summary>
    public sealed record Install(StoreKey Key) : KeyStep;

    /// <summary>What is sealed with former keys is sealed anew; then they are forgotten.</summary>
    public sealed record Sweep(StoreKey Key) : KeyStep;
}
