using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Timing;

namespace Skein.Manager.Keys;

/// <summary>
/// The leader's part in changing the store's key: it makes the next one, and installs it when every manager says that it has it.
/// </summary>
/// <param name="sweep">Seals anew what is sealed with former keys; true when nothing is left under them.</param>
public sealed partial class KeyRotation(
    IStore store, KeyRing keys, Func<LeaderTerm, CancellationToken, Task<bool>> sweep, string self, TimeProvider time, IIdSource ids, ILogger<KeyRotation> log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>What a version of Skein does not know it cannot seal anew: the next leader's may.</summary>
    private static readonly TimeSpan PauseInVain = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Of an etcd that is forced to be alone, or loses its power alone, the last it had applied may be gone: what seals these must not be. Three
    /// beats of the leader a second are written meanwhile.
    /// </summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = log;
    private string _waitedFor = "";

    /// <summary>Runs until the term is over or the token is cancelled, and then just returns, as every loop of the leader.</summary>
    public async Task RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var seen = store.Current;
                try
                {
                    await StepAsync(seen, term, cancel);
                }
                catch (SequenceConflictException)
                {
                    await store.WaitNewerAsync(seen.Revision, cancel);
                }
                catch (SkeinException e) when (!cancel.IsCancellationRequested)
                {
                    LogNotWritten(e.Message);
                    await Task.Delay(RetryPause, time, cancel);
                }
            }
        }
        catch (Exception e) when (e is NotLeaderException || cancel.IsCancellationRequested)
        {
            // another leads, or the manager stops
        }
    }

    private async Task StepAsync(Snapshot seen, LeaderTerm term, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        switch (KeyPlan.Next(seen, self, id => keys.Find(id) is not null, now))
        {
            case KeyStep.Begin:
                await WriteAsync(KeyPlan.First(seen, keys.Sealing.Seal.Id, now), term, cancel);
                break;
            case KeyStep.Announce announce:
                await AnnounceAsync(seen, announce.Why, now, term, cancel);
                break;
            case KeyStep.Install install:
                await WriteAsync(install.Key, term, cancel);
                LogInstalled(install.Key.Current);
                break;
            case KeyStep.Sweep sweeping:
                await SweepAsync(seen, sweeping.Key, term, cancel);
                break;
            case KeyStep.Wait wait:
                await Task.Delay(wait.Time, time, cancel);
                break;
            default:
                TellWhoIsWaitedFor(seen);
                await WaitOtherAsync(seen, cancel);
                break;
        }
    }

    /// <summary>Those that answer have it in a moment.</summary>
    private void TellWhoIsWaitedFor(Snapshot seen)
    {
        var down = string.Join(", ", KeyPlan.Waiting(seen).Where(id => seen.Nodes.Find(id)!.ManagerStatus.Reachability == Reachability.Unreachable));
        if (down == _waitedFor) return;
        _waitedFor = down;
        if (down.Length > 0) LogWaits(down);
    }

    /// <summary>The state first. A leader that dies in between has told of a key that nobody has, and the next one makes another.</summary>
    private async Task AnnounceAsync(Snapshot seen, string why, DateTimeOffset now, LeaderTerm term, CancellationToken cancel)
    {
        var key = NewKey();
        var id = ValueSeal.IdOfKey(key);
        await store.CommitAsync(KeyPlan.Announced(seen, seen.StoreKey!, id, now), term, cancel);
        keys.Add(key);
        CryptographicOperations.ZeroMemory(key);
        LogAnnounced(id, why);
    }

    /// <summary>Its id is four bytes: one that another key has would name two.</summary>
    private byte[] NewKey()
    {
        var key = new byte[ValueSeal.KeySize];
        do ids.Fill(key);
        while (keys.Find(ValueSeal.IdOfKey(key)) is not null);
        return key;
    }

    private async Task SweepAsync(Snapshot seen, StoreKey key, LeaderTerm term, CancellationToken cancel)
    {
        if (await sweep(term, cancel))
        {
            // Which key is the one was written under the former key itself.
            await WriteAsync(key, term, cancel);
            await Task.Delay(Settling, time, cancel);
            await WriteAsync(KeyPlan.Swept(store.Current.StoreKey!), term, cancel);
            LogSwept(string.Join(", ", key.Former));
            return;
        }
        await Sides.FirstAsync(cancel, over => Task.Delay(PauseInVain, time, over), over => WaitOtherAsync(seen, over));
    }

    /// <summary>All that the plan reads.</summary>
    private Task<Snapshot> WaitOtherAsync(Snapshot seen, CancellationToken cancel) => store.WaitUntilOtherAsync(
        seen, cancel, s => s.StoreKey, s => s.Cluster, s => s.Nodes, s => s.Of(ObjectKind.ManagerKey), s => s.Of(ObjectKind.ManagerCertificate));

    private async Task WriteAsync(StoreKey key, LeaderTerm term, CancellationToken cancel)
    {
        var changes = new Changes();
        changes.Put(key);
        await store.CommitAsync(changes, term, cancel);
    }

    [LoggerMessage(2370, LogLevel.Information, "The store's key is to be followed by {Id}: {Reason}")]
    private partial void LogAnnounced(string id, string reason);

    [LoggerMessage(2374, LogLevel.Warning, "The store's next key waits for managers that are down, until they are back, or are demoted: {Nodes}")]
    private partial void LogWaits(string nodes);

    [LoggerMessage(2371, LogLevel.Information, "Every manager has the store's key {Id}: what is written is sealed with it from now on")]
    private partial void LogInstalled(string id);

    [LoggerMessage(2372, LogLevel.Information, "Nothing is sealed with the store's former keys any more, and they are forgotten: {Ids}")]
    private partial void LogSwept(string ids);

    [LoggerMessage(2373, LogLevel.Warning, "The change of the store's key waits: {Reason}")]
    private partial void LogNotWritten(string reason);
}
