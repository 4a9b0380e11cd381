using Skein.Manager.Scheduling;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Scheduling;

public class ConstraintTests
{
    private static readonly Node Node = new()
    {
        Id = "abc",
        Spec = new() { Annotations = new() { Labels = { ["disk"] = "ssd" } }, Role = NodeRole.Manager },
        Description = new() { Hostname = "h1", Platform = new() { Os = "linux", Architecture = "x86_64" }, EngineLabels = { ["zone"] = "west" } },
        Status = new() { Addr = "192.168.56.11" },
    };

    [Theory]
    [InlineData("node.id==ABC", true)]
    [InlineData("node.id != abc", false)]
    [InlineData("node.hostname==h1", true)]
    [InlineData("NODE.HOSTNAME!=h2", true)]
    [InlineData("node.role==manager", true)]
    [InlineData("node.role==worker", false)]
    [InlineData("node.ip==192.168.56.11", true)]
    [InlineData("node.ip==192.168.56.0/24", true)]
    [InlineData("node.ip!=192.168.56.0/24", false)]
    [InlineData("node.ip==nonsense", false)]
    [InlineData("node.platform.os==linux", true)]
    [InlineData("node.platform.arch==x86_64", true)]
    [InlineData("node.labels.disk==SSD", true)]
    [InlineData("node.labels.Disk==ssd", false)]
    [InlineData("node.labels.other!=x", true)]
    [InlineData("engine.labels.zone==west", true)]
    [InlineData("engine.labels.zone!=west", false)]
    [InlineData("no.such.key==x", false)]
    [InlineData("no.such.key!=x", false)]
    public void A_constraint_is_satisfied_as_in_swarmkit(string text, bool satisfied) =>
        Assert.Equal(satisfied, Constraint.AllMatch(Constraint.Parse(new Placement { Constraints = { text } }), Node));
}
