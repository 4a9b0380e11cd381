using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Orchestration;

/// <summary>A service at which planning throws: a job of which nobody wrote down that it was run.</summary>
public sealed class FaultyServiceTests
{
    private readonly SwarmWorld _swarm = new(nodes: 2);
    private readonly CountedIds _ids = new();
    private readonly FaultyServices _faulty = new();

    public FaultyServiceTests()
    {
        _swarm.AddService("broken", null, s => s.ReplicatedJob = new() { TotalCompletions = 1, MaxConcurrent = 1 });
        Change(service => service.JobStatus = null);
        _swarm.AddService("web", 2);
    }

    [Fact]
    public void The_others_are_planned_without_it()
    {
        var failure = Assert.Throws<ServicePlanException>(() => Plan());
        Assert.Equal("broken", failure.ServiceId);
        Assert.True(_faulty.Note(_swarm.Current, failure, SwarmWorld.Start));
        var plan = Plan();
        Assert.Equal(["web", "web"], plan.Changes.All.Select(c => c.Object).OfType<SwarmTask>().Select(t => t.ServiceId));
        Assert.All(plan.Changes.All.Select(c => c.Object).OfType<SwarmTask>(), task => Assert.Equal(TaskState.Assigned, task.Status.State));
        Assert.DoesNotContain(plan.Changes.All, c => c.Id == "broken");
    }

    [Fact]
    public void It_is_tried_again_when_it_changes_and_after_a_while()
    {
        Note(SwarmWorld.Start);
        Assert.Equal(["broken"], At(SwarmWorld.Start + FaultyServices.Pause / 2));
        Assert.Equal(SwarmWorld.Start + FaultyServices.Pause, _faulty.Due);
        Assert.Empty(At(SwarmWorld.Start + FaultyServices.Pause));
        Change(service => service.Spec.Annotations.Labels["a"] = "b");
        Assert.Empty(At(SwarmWorld.Start));
        Assert.False(Note(SwarmWorld.Start));   // the same as before
        Assert.Equal(["broken"], At(SwarmWorld.Start));

        Change(service => service.JobStatus = new());
        Assert.Empty(At(SwarmWorld.Start));
        Assert.Contains(Plan().Changes.All, c => c.Object is SwarmTask { ServiceId: "broken" });
        Assert.Equal(["broken"], _faulty.Planned(At(SwarmWorld.Start)));
        Assert.Null(_faulty.Due);
    }

    [Fact]
    public void What_it_holds_stays_its_own()
    {
        var swarm = new SwarmWorld(nodes: 1);
        swarm.AddNetwork("front");
        swarm.AddService("first", 1, s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" }));
        swarm.Settle();
        var held = swarm.Tasks.Single().Networks.Single().Addresses.Single();
        swarm.AddService("second", 1, s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" }));
        var plan = SwarmPlanner.Plan(swarm.Current, swarm.Now, _ids, new HashSet<string> { "first" });
        var given = Assert.Single(plan.Changes.All.Select(c => c.Object).OfType<SwarmTask>()).Networks.Single().Addresses.Single();
        Assert.NotEqual(held, given);
    }

    private SwarmPlan Plan() => SwarmPlanner.Plan(_swarm.Current, SwarmWorld.Start, _ids, _faulty.At(_swarm.Current, SwarmWorld.Start));

    private IReadOnlySet<string> At(DateTimeOffset now) => _faulty.At(_swarm.Current, now);

    private bool Note(DateTimeOffset now) => _faulty.Note(_swarm.Current, Assert.Throws<ServicePlanException>(() => Plan()), now);

    private void Change(Action<Service> change)
    {
        var service = _swarm.Current.Services.Find("broken")!.Clone();
        change(service);
        _swarm.Store.Commit(c => c.Put(service));
    }
}
