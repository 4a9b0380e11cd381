using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>An object's version, for optimistic updates: the store's mod_revision.</summary>
internal sealed record VersionIndexJson(ulong Index)
{
    public static VersionIndexJson From(Meta? meta) => new(meta?.Version ?? 0);
}
