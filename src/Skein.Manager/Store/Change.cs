using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>One object put (or, with a null object, deleted) provided it still has the expected version.</summary>
/// <param name="ExpectedVersion">Its version when read; 0 = it must not exist; null = whatever it is.</param>
public sealed record Change(ObjectKind Kind, string Id, IStoreObject? Object, ulong? ExpectedVersion);
