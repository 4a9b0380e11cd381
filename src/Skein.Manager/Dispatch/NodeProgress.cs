using System.Collections.Immutable;

namespace Skein.Manager.Dispatch;

/// <summary>
/// How far one node follows the store, from what it was told and what it answered. A revision that changes nothing for the node
/// needs no answer: a node without a leg on a network is always up to date with it.
/// </summary>
/// <param name="Confirmed">The node has programmed all that it had to be told up to this revision.</param>
/// <param name="Told">It has been told all up to this one.</param>
/// <param name="Open">What it has not answered yet: up to which sequence, and the revision in which that was news.</param>
internal sealed record NodeProgress(ulong Confirmed, ulong Told, ImmutableList<(ulong Sequence, ulong Revision)> Open)
{
    /// <summary>A node that never answers must not make the list grow: the newest are put together, which only delays its word.</summary>
    public const int MostOpen = 64;

    public static readonly NodeProgress Nothing = new(0, 0, []);

    /// <summary>A new session: the balancers stand as the last one left them, and what was asked then is answered no more.</summary>
    public NodeProgress Anew() => this with { Told = 0, Open = [] };

    /// <summary>To be noted before it is sent: the answer may come at once.</summary>
    public NodeProgress Telling(ulong revision, ulong? sequence) => (sequence, Open.Count) switch
    {
        (null, 0) => this with { Told = revision, Confirmed = Math.Max(Confirmed, revision) },
        (null, _) => this with { Told = revision },
        ({ } next, >= MostOpen) => this with { Told = revision, Open = Open.SetItem(Open.Count - 1, (next, Open[^1].Revision)) },
        ({ } next, _) => this with { Told = revision, Open = Open.Add((next, revision)) },
    };

    public NodeProgress Programmed(ulong sequence)
    {
        var open = Open.RemoveAll(o => o.Sequence <= sequence);
        if (open.Count == Open.Count) return this;
        var confirmed = open.IsEmpty ? Told : open[0].Revision - 1;
        return this with { Open = open, Confirmed = Math.Max(Confirmed, confirmed) };
    }
}
