using CsCheck;
using Skein.Agent.Session;
using Skein.Manager.Dispatch;
using Skein.Model;
using Skein.Model.Validation;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

public class AssignmentPartsTests
{
    [Fact]
    public void Whatever_is_cut_is_whole_again_and_no_part_is_larger_than_it_may_be() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[100, 2000]).Sample((tasks, endpoints, removed, enough) =>
        {
            var all = Some(tasks, endpoints, removed);
            var parts = AssignmentParts.Of(all, enough).ToList();
            var assembly = new AssignmentAssembly();
            Assert.All(parts[..^1], part => Assert.Null(assembly.Take(part)));
            Assert.Equal(all, assembly.Take(parts[^1]));
            Assert.All(parts, part => Assert.InRange(part.CalculateSize(), 0, enough + 200));
            Assert.Equal(all.CalculateSize() > enough, parts.Count > 1);
        });

    [Fact]
    public void A_hundred_megabytes_come_in_messages_that_a_node_takes()
    {
        var all = Some(0, 0, 0);
        for (var i = 0; i < 100; i++)
        {
            var task = Task($"t{i}", "n1");
            task.Spec.Container.Env.Add(new string('x', 1_400_000));
            all.Tasks.Add(task);
        }
        Assert.All(AssignmentParts.Of(all), part => Assert.InRange(part.CalculateSize(), 1, MessageBounds.Most));
    }

    [Fact]
    public void A_manager_that_sends_without_end_is_left()
    {
        var assembly = new AssignmentAssembly(most: 1000);
        var error = Record.Exception(() =>
        {
            for (var i = 0; i < 1000; i++) assembly.Take(new() { Sequence = 1, RemovedTasks = { "a task" }, More = true });
        });
        Assert.IsType<InvalidDataException>(error);
    }

    [Fact]
    public void A_part_of_another_is_no_part()
    {
        var assembly = new AssignmentAssembly();
        assembly.Take(new() { Sequence = 1, More = true });
        Assert.Throws<InvalidDataException>(() => assembly.Take(new() { Sequence = 2 }));
    }

    private static Assignments Some(int tasks, int endpoints, int removed)
    {
        var all = new Assignments { Sequence = 7, Full = removed == 0 };
        for (var i = 0; i < tasks; i++) all.Tasks.Add(Task($"t{i}", "n1", networks: ["front"]));
        for (var i = 0; i < endpoints; i++) all.Endpoints.Add(new OverlayEndpoint { Id = $"e{i}", NetworkId = "front", NodeId = "n2" });
        for (var i = 0; i < removed; i++) all.RemovedEndpoints.Add($"gone{i}");
        return all;
    }
}
