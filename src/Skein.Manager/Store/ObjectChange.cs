using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>One object as a write found it and as it left it.</summary>
/// <param name="Before">null when it was made</param>
/// <param name="Now">null when it was removed</param>
/// <param name="Time">When this manager was told of it.</param>
public sealed record ObjectChange(ObjectKind Kind, string Id, IStoreObject? Before, IStoreObject? Now, DateTimeOffset Time);
