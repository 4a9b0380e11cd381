using Skein.Api.Swarm;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class NodeJsonTests
{
    [Fact]
    public void One_that_cannot_become_a_manager_is_shown_as_unreachable_with_its_reason()
    {
        var node = new Node
        {
            Id = "n1",
            Spec = new() { Annotations = new(), Role = NodeRole.Manager },
            Status = new() { State = NodeState.Ready, Message = "this node cannot be a manager yet: its port is taken" },
        };
        var shown = NodeJson.From(node, Snapshot.Empty);
        Assert.Equal("unreachable", shown.ManagerStatus?.Reachability);
        Assert.Equal("this node cannot be a manager yet: its port is taken", shown.Status.Message);

        node.Status.Message = "";
        Assert.Null(NodeJson.From(node, Snapshot.Empty).ManagerStatus);
        node.Spec.Role = NodeRole.Worker;
        node.Status.Message = "heartbeat failure";
        Assert.Null(NodeJson.From(node, Snapshot.Empty).ManagerStatus);
    }
}
