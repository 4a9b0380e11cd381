using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Session;

/// <summary>
/// The legs of users' containers on the swarm's networks, as this node wishes them: told to the manager of each session, which gives their
/// addresses. What stands among the assignments of an earlier session, or of an earlier daemon, is wished again under its id, and needs no
/// manager: a container that starts again, also at the host's boot, has its address at once.
/// </summary>
/// <remarks>
/// Until <see cref="Recovered"/>, nothing that is not wished is given back: which containers are here is not known yet. A wish is idle while
/// its container waits for its restart: its address is kept, and its names are nobody's.
/// </remarks>
public sealed partial class OverlayAttachments(AssignmentState assignments, IIdSource ids, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>As long as moby's daemon waits for its swarm (swarmRequestTimeout).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A manager answers within some milliseconds.</summary>
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logs.CreateLogger<OverlayAttachments>();
    private readonly TaskCompletionSource<Func<bool>> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly Dictionary<string, TaskCompletionSource> _refusals = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, AttachmentWish> _wishes = ImmutableDictionary.Create<string, AttachmentWish>(StringComparer.Ordinal);
    private bool _recovered;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From here on it is known whether this host is in a swarm.</summary>
    public void Begin(Func<bool> isInSwarm) => _begun.TrySetResult(isInSwarm);

    /// <summary>All containers of an earlier daemon that run, or are to run again, have wished what they wish.</summary>
    public void Recovered() => Change(() => _recovered = true);

    /// <summary>Wishes a leg, and waits until it is given.</summary>
    /// <param name="wish">Without an id.</param>
    /// <param name="number">Of the leg.</param>
    /// <param name="waiting">Ends the wait when its container is to end.</param>
    /// <exception cref="SkeinException">It is refused, in Docker's words, or nobody answers.</exception>
    public async Task<OverlayEndpoint> AttachAsync(string containerId, uint number, AttachmentWish wish, CancellationToken waiting, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, waiting, limit.Token);
        using var notice = time.CreateTimer(_ => LogWaits(wish.Names.FirstOrDefault() ?? containerId, wish.Network), null, Noticeable, Timeout.InfiniteTimeSpan);
        try
        {
            var isInSwarm = await _begun.Task.WaitAsync(patience.Token);
            if (!isInSwarm()) throw SkeinException.NotFound($"network {wish.Network} not found");
            // Nothing is known before the memory of an earlier session has been read, or a manager has spoken.
            if (assignments.Told.Local.NodeId.Length == 0) await assignments.WaitNewerAsync(0, patience.Token);
            return await GivenAsync(Begun(containerId, number, wish), patience.Token);
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw SkeinException.Conflict($"Could not attach to network {wish.Network}: the container ends, or is to end, and no manager of the swarm has answered before");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw SkeinException.Unavailable($"Could not attach to network {wish.Network}: no manager of the swarm has answered for {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>A leg that stands: it is wished as it is.</summary>
    public void Keep(AttachmentWish standing) => Change(() => _wishes = _wishes.SetItem(standing.Id, standing));

    /// <summary>Its container has ended and will start again: until then it is not found.</summary>
    public void Rest(string containerId) => ChangeOf(containerId, wish => !wish.Idle, wish => wish.Idle = true);

    public void Rename(string wishId, IEnumerable<string> names) => ChangeOf(wishId, wish => !wish.Names.SequenceEqual(names), wish =>
    {
        wish.Names.Clear();
        wish.Names.Add(names);
    });

    /// <param name="of">A container's id, or a wish's.</param>
    public void GiveBack(string of) => Change(() => _wishes = _wishes.RemoveRange(IdsOf(of)));

    /// <summary>What is kept for its legs of other numbers is given back: they are connected no more.</summary>
    public void KeepOnly(string containerId, IEnumerable<uint> numbers)
    {
        var legs = numbers.Select(number => $"{containerId}/{number}/").ToList();
        Change(() => _wishes = _wishes.RemoveRange(IdsOf(containerId).Where(id => !legs.Exists(leg => id.StartsWith(leg, StringComparison.Ordinal)))));
    }

    /// <summary>The host leaves its swarm: who waits for it waits in vain.</summary>
    public void Clear() => Change(() =>
    {
        _wishes = _wishes.Clear();
        foreach (var waiting in _refusals.Values) waiting.TrySetException(SkeinException.Unavailable("This node is not part of a swarm"));
        _refusals.Clear();
    });

    /// <summary>For one session from its beginning: first all, and then what changes.</summary>
    internal AttachmentTalk Talk() => new(Seen);

    internal void Refused(AttachmentRefusal refusal)
    {
        lock (_lock)
        {
            if (_refusals.Remove(refusal.Id, out var waiting)) waiting.TrySetException(new SkeinException(refusal.Kind.ToErrorKind(), refusal.Reason));
            else if (_wishes.ContainsKey(refusal.Id)) LogRefused(refusal.Id[..12], refusal.Reason);
        }
    }

    private (ImmutableDictionary<string, AttachmentWish> Wishes, bool Recovered, Task Changed) Seen()
    {
        lock (_lock) return (_wishes, _recovered, _changed.Task);
    }

    /// <summary>Wished, and what tells that it is refused.</summary>
    private (string Id, Task Refused) Begun(string containerId, uint number, AttachmentWish wish)
    {
        lock (_lock)
        {
            var leg = $"{containerId}/{number}";
            wish.Id = Kept(leg, wish.Network) ?? $"{leg}/{ids.NewId()}";
            if (AttachmentBounds.FlawOf(wish) is { } flaw) throw SkeinException.Invalid($"Could not attach to network {wish.Network}: {flaw}");
            if (_wishes.Count >= AttachmentBounds.MostOfNode && !_wishes.ContainsKey(wish.Id))
                throw SkeinException.Unavailable($"Could not attach to network {wish.Network}: {AttachmentBounds.Full}");
            var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _refusals[wish.Id] = refused;
            _wishes = _wishes.RemoveRange(IdsOf(leg)).SetItem(wish.Id, wish);
            Tell();
            return (wish.Id, refused.Task);
        }
    }

    /// <summary>
    /// The wish of the start before this one: one that rests, or that an earlier daemon had and nobody has given back. Not one on another network,
    /// whose number this leg has by now.
    /// </summary>
    private string? Kept(string leg, string network)
    {
        var told = assignments.Told;
        var own = told.Local.NodeId + "/";
        var known = _recovered ? IdsOf(leg) : IdsOf(leg).Concat(told.Endpoints.Keys.Where(id => id.StartsWith($"{own}{leg}/", StringComparison.Ordinal)).Select(id => id[own.Length..]));
        return known.FirstOrDefault(id => told.Endpoints.GetValueOrDefault(own + id) is { } given
            && (given.NetworkId == network || told.Networks.GetValueOrDefault(given.NetworkId)?.Name == network));
    }

    private async Task<OverlayEndpoint> GivenAsync((string Id, Task Refused) wish, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var (generation, told) = (assignments.Generation, assignments.Told);
                if (told.Endpoints.GetValueOrDefault($"{told.Local.NodeId}/{wish.Id}") is { } given && told.Networks.ContainsKey(given.NetworkId)) return given;
                await await Task.WhenAny(wish.Refused, assignments.WaitNewerAsync(generation, cancel));
            }
        }
        catch
        {
            GiveBack(wish.Id);
            throw;
        }
        finally
        {
            lock (_lock) _refusals.Remove(wish.Id);
        }
    }

    private List<string> IdsOf(string of) => [.. _wishes.Keys.Where(id => id == of || id.StartsWith(of + "/", StringComparison.Ordinal))];

    private void ChangeOf(string of, Func<AttachmentWish, bool> differs, Action<AttachmentWish> change) => Change(() =>
    {
        foreach (var id in IdsOf(of).Where(id => differs(_wishes[id])))
        {
            var changed = _wishes[id].Clone();
            change(changed);
            _wishes = _wishes.SetItem(id, changed);
        }
    });

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            Tell();
        }
    }

    /// <summary>Under the lock.</summary>
    private void Tell()
    {
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(3501, LogLevel.Warning, "Container {Name} waits for its network {Network}: no manager of the swarm has answered yet")]
    private partial void LogWaits(string name, string network);

    [LoggerMessage(3502, LogLevel.Warning, "The swarm does not know a leg of container {Container} any more, and does not give it again: {Reason}")]
    private partial void LogRefused(string container, string reason);
}
