using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Control;

/// <summary>
/// Validation against one snapshot, then one transaction that fails if what was validated has changed. The objects
/// written are compared by their own versions. What was only read (whose port is it, is the name free) has no version in the
/// transaction: such writes also raise the fence, one key that all managers and the control loop share, so of two at once the later one
/// is refused, waits for the earlier to be visible, and is checked again.
/// </summary>
public sealed partial class SwarmControl(
    IStore store,
    IIdSource ids,
    TimeProvider time,
    IJoinTokenSource tokens,
    IRootChanges roots) : ISwarmControl, IDisposable
{
    private const int MostAttempts = 20;

    /// <summary>On one manager writes queue here: meeting at the fence would cost each loser a round trip.</summary>
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    /// <summary>The last write that the store did not take, and when that was; under <see cref="_oneAtATime"/>.</summary>
    private (long At, SkeinException Why)? _refused;

    public Snapshot Snapshot => store.Current;

    public ChangeHistory History => store.History;

    public T Find<T>(ObjectKind<T> kind, string idOrName) where T : class, IStoreObject, IMessage<T>, new() => Finder.Find(store.Current, kind, idOrName);

    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>Builds the changes from a snapshot and commits them; when something moved meanwhile, again from a newer one.</summary>
    private async Task<Snapshot> WriteAsync(Func<Snapshot, Changes> build, CancellationToken cancel)
    {
        var asked = time.GetTimestamp();
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            // While it waited, another has had the whole patience of a write, in vain.
            if (_refused is { } refused && refused.At > asked) throw new SkeinException(refused.Why.Kind, refused.Why.Message, refused.Why);
            for (var attempt = 1; ; attempt++)
            {
                var seen = store.Current;
                try
                {
                    var changes = build(seen);
                    if (changes.All.Any(change => change.Object?.CalculateSize() > Changes.MostBytesOfAnObject)) throw RpcError.TooLarge();
                    return await store.CommitAsync(changes, null, cancel);
                }
                catch (SkeinException e) when (e.Kind == ErrorKind.Unavailable)
                {
                    _refused = (time.GetTimestamp(), e);
                    throw;
                }
                catch (SequenceConflictException) when (attempt < MostAttempts)
                {
                    await store.WaitNewerAsync(seen.Revision, cancel);
                }
                catch (SequenceConflictException)
                {
                    throw RpcError.OutOfSequence();
                }
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Deletes one object. Of an attempt whose answer was lost the next finds nothing left, and that is what was asked for.</summary>
    private async Task DeleteAsync<T>(string what, Func<Snapshot, T?> find, Func<Snapshot, T, Changes> delete, CancellationToken cancel) where T : class
    {
        var tried = false;
        await WriteAsync(
            seen =>
            {
                if (find(seen) is not { } found) return tried ? new() : throw RpcError.NotFound($"{what} not found");
                tried = true;
                return delete(seen, found);
            },
            cancel);
    }

    private static void CheckVersion(Meta? meta, ulong expected)
    {
        if ((meta?.Version ?? 0) != expected) throw RpcError.OutOfSequence();
    }

    private Meta Created()
    {
        var now = time.GetUtcNow().ToTimestamp();
        return new() { CreatedAt = now, UpdatedAt = now };
    }

    private Meta Touched(Meta meta)
    {
        var touched = meta.Clone();
        touched.UpdatedAt = time.GetUtcNow().ToTimestamp();
        return touched;
    }
}
