using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Session;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Session;

public class ManagerConversationTests
{
    [Fact]
    public async Task A_new_period_is_beaten_by_at_once_whatever_is_left_of_the_old_wait()
    {
        using var stop = new CancellationTokenSource();
        var manager = new ScriptedManager();
        var conversation = new ManagerConversation(
            "w1", new() { AdvertiseAddr = "192.168.56.14", Description = new() }, new(), new(), new(), new(), new FakeTimeProvider(), TimeSpan.FromSeconds(4), _ => { }, () => { }, (_, _, _) => { }, _ => { }, _ => { }, (_, _) => Task.CompletedTask,
            new(() => new(), cancel => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel)), null);
        var running = conversation.RunAsync(manager, new TaskCompletionSource().Task, stop.Token);
        Assert.Equal(NodeMessage.MessageOneofCase.Hello, (await manager.Heard.ReadAsync(Poll.Soon)).MessageCase);

        foreach (var period in (long[])[3600_000_000_000, 1_000_000_000])
        {
            manager.Say(new() { Welcome = new() { SessionId = "s1", HeartbeatPeriod = period } });
            Assert.Equal(NodeMessage.MessageOneofCase.Beat, (await manager.Heard.ReadAsync(Poll.Soon)).MessageCase);
        }
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task What_a_node_says_of_itself_is_said_again_when_it_is_another_thing()
    {
        using var stop = new CancellationTokenSource();
        var manager = new ScriptedManager();
        var asked = Channel.CreateUnbounded<bool>();
        var now = new NodeDescription { Hostname = "h" };
        var conversation = new ManagerConversation(
            "w1", new() { Description = now }, new(), new(), new(), new(), new FakeTimeProvider(), TimeSpan.FromSeconds(4), _ => { }, () => { }, (_, _, _) => { }, _ => { }, _ => { }, (_, _) => Task.CompletedTask,
            new(() => now, async cancel => await asked.Reader.ReadAsync(cancel)), null);
        var running = conversation.RunAsync(manager, new TaskCompletionSource().Task, stop.Token);
        Assert.Equal(NodeMessage.MessageOneofCase.Hello, (await manager.Heard.ReadAsync(Poll.Soon)).MessageCase);

        asked.Writer.TryWrite(true);   // nothing is new
        now = new() { Hostname = "h", LocalSubnets = { "10.0.7.0/24" } };
        asked.Writer.TryWrite(true);
        Assert.Equal(now, (await manager.Heard.ReadAsync(Poll.Soon)).Description);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>A manager that says what the test does.</summary>
    private sealed class ScriptedManager : Dispatcher.DispatcherClient, IClientStreamWriter<NodeMessage>, IAsyncStreamReader<ManagerMessage>
    {
        private readonly Channel<NodeMessage> _heard = Channel.CreateUnbounded<NodeMessage>();
        private readonly Channel<ManagerMessage> _said = Channel.CreateUnbounded<ManagerMessage>();

        public ChannelReader<NodeMessage> Heard => _heard.Reader;

        public ManagerMessage Current { get; private set; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public void Say(ManagerMessage message) => _said.Writer.TryWrite(message);

        public override AsyncDuplexStreamingCall<NodeMessage, ManagerMessage> Session(CallOptions options) =>
            new(this, this, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

        public Task WriteAsync(NodeMessage message) => WriteAsync(message, default);

        public Task WriteAsync(NodeMessage message, CancellationToken cancel) => _heard.Writer.WriteAsync(message, cancel).AsTask();

        public Task CompleteAsync() => Task.CompletedTask;

        public async Task<bool> MoveNext(CancellationToken cancel)
        {
            Current = await _said.Reader.ReadAsync(cancel);
            return true;
        }
    }
}
