using Skein.Api.Swarm;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Api;

public class LogDetailsTests
{
    [Fact]
    public void A_line_says_node_service_and_task_in_the_order_of_their_keys()
    {
        var store = new MemoryStore();
        store.Commit(c => c.Put(new SwarmTask { Id = "t1", NodeId = "n1", ServiceId = "s1" }));
        Assert.Equal("com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1", LogDetails.Of("t1", store.Current));
    }
}
