using Skein.Manager.Members;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Members;

public class RevokedCertificatesTests
{
    private readonly MemoryStore _store = new();

    [Fact]
    public void A_certificate_is_over_when_its_node_is_no_manager_and_no_member_any_more()
    {
        Put("m1", NodeRole.Manager, member: true);
        Put("m2", NodeRole.Worker, member: true);    // demoted, and the others may need its vote
        Put("m3", NodeRole.Worker, member: false);
        Put("m4", NodeRole.Manager, member: false);  // to come
        _store.Commit(c =>
        {
            foreach (var (serial, node) in (IEnumerable<(string, string)>)[("01", "m1"), ("02", "m2"), ("0b", "m3"), ("0a", "m3"), ("04", "m4"), ("05", "gone")])
                c.Put(new ManagerCertificate { Id = serial, NodeId = node });
        });

        Assert.Equal(["05", "0a", "0b"], RevokedCertificates.Of(_store.Current));
    }

    [Fact]
    public void Managers_let_their_etcd_trust_a_new_root_one_after_the_other_and_who_is_away_is_not_waited_for()
    {
        foreach (var id in (string[])["a", "b", "c"]) Put(id, NodeRole.Manager, member: true, root: "old");
        Assert.Equal("a", Turns("new"));

        Put("a", NodeRole.Manager, member: true, root: "new");
        Assert.Equal("b", Turns("new"));

        Put("b", NodeRole.Manager, member: true, root: "old", Reachability.Unreachable);
        Assert.Equal("c", Turns("new").Replace("b", "", StringComparison.Ordinal));
    }

    private string Turns(string root) => string.Concat(((string[])["a", "b", "c"])
        .Where(id => _store.Current.Nodes.Find(id)!.ManagerStatus.EtcdRoot != root && EtcdTrustTurn.IsMine(_store.Current, id, root)));

    private void Put(string id, NodeRole role, bool member, string root = "", Reachability reachability = Reachability.Reachable) => _store.Commit(c =>
    {
        var node = _store.Current.Nodes.Find(id)?.Clone() ?? new Node { Id = id };
        node.Spec = new() { Role = role };
        node.ManagerStatus = member ? new() { EtcdRoot = root, Reachability = reachability } : null;
        c.Put(node);
    });
}
