using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Store;

public class MemoryStoreTests
{
    private readonly MemoryStore _store = new();

    [Fact]
    public void An_object_gets_the_revision_of_its_commit_as_version()
    {
        _store.Commit(c => c.Put(new Node { Id = "a" }));
        _store.Commit(c => c.Put(new Node { Id = "b" }));
        Assert.Equal([1ul, 2ul], new[] { "a", "b" }.Select(id => _store.Current.Nodes.Find(id)!.Meta.Version));
    }

    [Fact]
    public void An_object_changed_since_it_was_read_is_refused_and_nothing_of_the_transaction_is_written()
    {
        _store.Commit(c => c.Put(new Node { Id = "a" }));
        var read = _store.Current.Nodes.Find("a")!.Clone();
        _store.Commit(c => c.Put(read));
        Assert.Throws<SequenceConflictException>(() => _store.Commit(c =>
        {
            c.Put(new Node { Id = "b" });
            c.Put(read);
        }));
        Assert.Null(_store.Current.Nodes.Find("b"));
    }

    [Fact]
    public async Task A_deposed_leader_cannot_write()
    {
        _store.SetLeader(new("m2", 9));
        var changes = new Changes();
        changes.Put(new Node { Id = "a" });
        await Assert.ThrowsAsync<NotLeaderException>(() => _store.CommitAsync(changes, new("m1", 3), CancellationToken.None));
        await _store.CommitAsync(changes, new("m2", 9), CancellationToken.None);
        Assert.NotNull(_store.Current.Nodes.Find("a"));
    }

    [Fact]
    public async Task A_waiter_wakes_with_the_newer_snapshot()
    {
        var waiting = _store.WaitNewerAsync(0, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        _store.Commit(c => c.Put(new Node { Id = "a" }));
        Assert.Equal(1ul, (await waiting).Revision);
    }
}
