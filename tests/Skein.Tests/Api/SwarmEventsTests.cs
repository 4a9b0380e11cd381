using Microsoft.Extensions.Time.Testing;
using Skein.Api.Engine;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

public sealed class SwarmEventsTests : IDisposable
{
    private readonly ControlWorld _world = new();
    private readonly EventHub _hub = new(TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _world.Control.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }

    [Fact]
    public async Task What_came_and_went_before_anybody_looked_is_told_in_its_order()
    {
        var service = await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await _world.UpdateAsync(service, spec => spec.Replicated.Replicas = 5);
        await _world.Control.RemoveServiceAsync(service.Id, default);
        using var listener = _hub.Subscribe();
        var running = new SwarmEvents(new OneManager(_world.Control), _hub, TimeProvider.System).RunAsync(_stop.Token);

        // The two networks are the world's own.
        Assert.Equal(
            ["network create ingress", "network create front", "service create httpd", "service update httpd 2>5", "service remove httpd"],
            await ReadAsync(listener, 5));

        await _world.Control.CreateServiceAsync(ControlWorld.Httpd("next"), default);
        Assert.Equal(["service create next"], await ReadAsync(listener, 1));
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData(null, UpdateState.Updating, "updatestate.new=updating")]
    [InlineData(UpdateState.Updating, UpdateState.RollbackStarted, "updatestate.new=rollback_started updatestate.old=updating")]
    [InlineData(UpdateState.Completed, null, "")]
    public void An_update_tells_what_its_state_was_and_is(UpdateState? before, UpdateState? now, string told)
    {
        var attributes = SwarmEvents.Of(new(ObjectKind.Service, "s1", In(before), In(now), default))!.Attributes;
        Assert.Equal(told, string.Join(' ', attributes.Where(a => a.Key != "name").Select(a => $"{a.Key}={a.Value}").Order(StringComparer.Ordinal)));

        static Service In(UpdateState? state) => new()
        {
            Spec = new() { Annotations = new() { Name = "web" }, Task = new() },
            UpdateStatus = state is { } known ? new() { State = known } : null,
        };
    }

    [Fact]
    public void What_a_node_notes_on_itself_is_no_event()
    {
        var (before, now) = (new Node { Id = "n1", Spec = new(), Status = new() }, new Node { Id = "n1", Spec = new(), Status = new() { Addr = "192.0.2.1" } });
        Assert.Null(SwarmEvents.Of(new(ObjectKind.Node, "n1", before, now, default)));
    }

    [Fact]
    public void The_history_is_bounded_and_its_numbers_go_on()
    {
        var history = new ChangeHistory(new FakeTimeProvider());
        var (_, next, more) = history.ReadFrom(0);
        for (var i = 0; i < ChangeHistory.Kept + 10; i++) history.Add(ObjectKind.Service, $"s{i}", null, new Service());
        history.Add(ObjectKind.Task, "t1", null, new SwarmTask());
        Assert.True(more.IsCompleted);
        var (kept, after, _) = history.ReadFrom(next);
        Assert.Equal((ChangeHistory.Kept, "s10", ChangeHistory.Kept + 10L), (kept.Count, kept[0].Id, after));
        Assert.Empty(history.ReadFrom(after).Changes);
    }

    private static async Task<List<string>> ReadAsync(EventHub.Subscription listener, int count)
    {
        var told = new List<string>();
        while (told.Count < count)
        {
            var e = await listener.Next.ReadAsync(Poll.Soon);
            var replicas = e.Attributes.TryGetValue("replicas.old", out var old) ? $" {old}>{e.Attributes["replicas.new"]}" : "";
            told.Add($"{e.Type} {e.Action} {e.Attributes["name"]}{replicas}");
        }
        return told;
    }
}
