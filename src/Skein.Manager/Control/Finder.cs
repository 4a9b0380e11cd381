using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Control;

/// <summary>Docker's order of finding: the full id, else the full name, else the beginning of an id.</summary>
internal static class Finder
{
    public static T Find<T>(Snapshot snapshot, ObjectKind<T> kind, string input) where T : class, IStoreObject, IMessage<T>, new()
    {
        var table = snapshot.Of(kind);
        if (table.Find(input) is { } exact) return exact;
        if (input.Length == 0) throw SkeinException.NotFound($"{kind.Name} {input} not found");
        var matches = table.All.Where(o => string.Equals(kind.NameOf(o), input, StringComparison.OrdinalIgnoreCase)).ToList();
        if (matches.Count == 0) matches = table.All.Where(o => o.Id.StartsWith(input, StringComparison.Ordinal)).ToList();
        return matches.Count switch
        {
            0 => throw SkeinException.NotFound($"{kind.Name} {input} not found"),
            1 => matches[0],
            var count => throw SkeinException.Invalid($"{kind.Name} {input} is ambiguous ({count} matches found)"),
        };
    }
}
