using System.Text;
using Google.Protobuf;
using Skein.Manager.Keys;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Keys;

/// <summary>
/// The store's key told as text: what happens, and indented what the leader then does until it rests. Managers that are up take the next key
/// at once and say so.
/// </summary>
internal sealed class KeyStory
{
    private readonly MemoryStore _store = new();
    private readonly StringBuilder _trace = new();
    private readonly SortedSet<string> _up = new(StringComparer.Ordinal);

    /// <summary>By manager: the keys on its disk.</summary>
    private readonly Dictionary<string, HashSet<string>> _disks = new(StringComparer.Ordinal);
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private string _leader;
    private int _keys;
    private bool _sweepIsDone = true;

    private KeyStory(string leader) => _leader = leader;

    /// <summary>With one key, k0, and the first of them as leader.</summary>
    public static KeyStory Of(params string[] managers)
    {
        var story = new KeyStory(managers[0]);
        foreach (var manager in managers) story.Add(manager);
        return story.Go($"begins with {string.Join(' ', managers)}");
    }

    public KeyStory Joins(string manager)
    {
        Add(manager);
        return Go($"{manager} joins");
    }

    /// <summary>Its certificate is given, and it is not in etcd yet.</summary>
    public KeyStory IsPromoted(string manager)
    {
        Put(new Node { Id = manager, Spec = new() { Role = NodeRole.Manager } }, new ManagerCertificate { Id = $"of {manager}", NodeId = manager });
        return Go($"{manager} is promoted");
    }

    public KeyStory IsDemoted(string manager)
    {
        Change(manager, node => node.Spec.Role = NodeRole.Worker);
        return Go($"{manager} is demoted");
    }

    public KeyStory LeavesEtcd(string manager)
    {
        _up.Remove(manager);
        Change(manager, node => node.ManagerStatus = null);
        return Go($"{manager} is out of etcd");
    }

    public KeyStory IsRemoved(string manager)
    {
        _up.Remove(manager);
        _store.Commit(changes => changes.Delete(ObjectKind.Node, manager));
        return Go($"{manager} is removed");
    }

    public KeyStory GoesDown(string manager)
    {
        Reach(manager, false);
        return Go($"{manager} goes down");
    }

    public KeyStory ComesBack(string manager)
    {
        Reach(manager, true);
        return Go($"{manager} comes back");
    }

    /// <summary>The leader is gone.</summary>
    public KeyStory IsFollowedBy(string manager)
    {
        Reach(_leader, false);
        Reach(manager, true);
        _leader = manager;
        return Go($"{manager} leads");
    }

    public KeyStory HasUnlockKey(byte key)
    {
        var cluster = _store.Current.Cluster?.Clone() ?? new Cluster { Id = "c" };
        cluster.UnlockKey = key == 0 ? ByteString.Empty : ByteString.CopyFrom(key);
        Put(cluster);
        return Go(key == 0 ? "autolock is turned off" : $"the unlock key is {key}");
    }

    public KeyStory After(TimeSpan time)
    {
        _now += time;
        return Go($"{time.TotalSeconds} s later");
    }

    public KeyStory SweepIsDone(bool done)
    {
        _sweepIsDone = done;
        return Go(done ? "all is known" : "something is stored that the leader does not know");
    }

    public void Tells(string expected) => Assert.Equal(expected.ReplaceLineEndings("\n").Trim(), _trace.ToString().Trim());

    private void Reach(string manager, bool isUp)
    {
        if (isUp) _up.Add(manager);
        else _up.Remove(manager);
        Change(manager, node => node.ManagerStatus.Reachability = isUp ? Reachability.Reachable : Reachability.Unreachable);
    }

    private void Add(string manager)
    {
        _up.Add(manager);
        // As who adds it has them.
        _disks[manager] = [.. _disks.TryGetValue(_leader, out var keys) ? keys : ["k0"]];
        Put(new Node { Id = manager, Spec = new() { Role = NodeRole.Manager }, ManagerStatus = new() }, new ManagerCertificate { Id = $"of {manager}", NodeId = manager });
    }

    private KeyStory Go(string happened)
    {
        _trace.Append(happened).Append('\n');
        while (true)
        {
            var seen = _store.Current;
            var step = KeyPlan.Next(seen, _leader, _disks[_leader].Contains, _now);
            if (Do(seen, step)) continue;
            if (!Takes(seen)) return this;
        }
    }

    /// <summary>False when the leader has nothing to do.</summary>
    private bool Do(Snapshot seen, KeyStep step)
    {
        switch (step)
        {
            case KeyStep.Begin:
                Put(KeyPlan.First(seen, "k0", _now));
                return true;
            case KeyStep.Announce announce:
                var next = $"k{++_keys}";
                _store.CommitAsync(KeyPlan.Announced(seen, seen.StoreKey!, next, _now), null, default).GetAwaiter().GetResult();
                _disks[_leader].Add(next);
                return Say($"{next} is to follow {seen.StoreKey!.Current}: {announce.Why}");
            case KeyStep.Install install:
                Assert.All(_disks.Where(disk => seen.Nodes.Find(disk.Key)?.ManagerStatus is not null), disk => Assert.Contains(install.Key.Current, disk.Value));
                Put(install.Key);
                return Say($"{install.Key.Current} is the key");
            case KeyStep.Sweep sweep when _sweepIsDone:
                Put(KeyPlan.Swept(sweep.Key));
                return Say($"nothing is left under {string.Join(' ', sweep.Key.Former)}");
            case KeyStep.Sweep:
                Say("something is left");
                return false;
            case KeyStep.Wait wait:
                Say($"waits {wait.Time.TotalSeconds} s");
                return false;
            default:
                var waiting = string.Join(' ', KeyPlan.Waiting(seen).Where(id => !_up.Contains(id)));
                if (waiting.Length > 0 && !KeyPlan.Waiting(seen).Any(_up.Contains)) Say($"waits for {waiting}");
                return false;
        }
    }

    /// <summary>Whether a manager that is up had to take the next key.</summary>
    private bool Takes(Snapshot seen)
    {
        if (seen.StoreKey is not { Next: { Length: > 0 } next } || !_up.Any(id => _disks[id].Contains(next))) return false;
        if (_up.FirstOrDefault(id => KeyPlan.Waiting(seen).Contains(id)) is not { } manager) return false;
        _disks[manager].Add(next);
        Put(new ManagerKey { Id = manager, Meta = seen.Of(ObjectKind.ManagerKey).Find(manager)?.Meta?.Clone(), Key = next });
        return Say($"{manager} has {next}");
    }

    private bool Say(string what)
    {
        _trace.Append("    ").Append(what).Append('\n');
        return true;
    }

    private void Change(string manager, Action<Node> change)
    {
        var node = _store.Current.Nodes.Find(manager)!.Clone();
        change(node);
        Put(node);
    }

    private void Put(params IStoreObject[] objects) => _store.Commit(changes =>
    {
        foreach (var o in objects) changes.Put(o);
    });
}
