using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers;
using Skein.Agent.Logs;
using Skein.Agent.Tasks;
using Skein.Model;
using Skein.Tests.Tasks;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Logs;

public sealed class LogPublisherTests
{
    [Fact]
    public async Task One_reader_too_many_is_told_so()
    {
        var containers = new FakeContainerEngine { Logs = (_, _, cancel) => Silence(cancel) };
        containers.Put(
            new ContainerDefinition { Id = "c1", Name = "web", TaskId = "t1", Spec = new() },
            ContainerStatus.Running);
        var publisher = new LogPublisher(containers, NullLogger.Instance);
        var manager = new Manager();
        using var session = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 64).Select(i => publisher.PublishAsync(Subscription($"s{i}"), manager, session.Token)).ToList();

        await publisher.PublishAsync(Subscription("late"), manager, session.Token).WaitAsync(Poll.Patience);

        Assert.Equal(["late:", ":more than 64 readers of this node's logs at once"], manager.Said.Where(said => said.Reader == "late").Select(said => said.What));
        await session.CancelAsync();
        await Task.WhenAll(readers).WaitAsync(Poll.Patience);
    }

    private static LogSubscription Subscription(string id) => new() { Id = id, Stdout = true, Follow = true, Sources = { new LogSource { TaskId = "t1" } } };

    private static async IAsyncEnumerable<ContainerLogLine> Silence([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Delay(Timeout.Infinite, cancel);
        yield break;
    }

    /// <summary>Notes what each reader is sent; answers those whose stream was ended.</summary>
    private sealed class Manager : Dispatcher.DispatcherClient
    {
        public ConcurrentQueue<(string Reader, string What)> Said { get; } = new();

        public override AsyncClientStreamingCall<LogLines, LogsTaken> PublishLogs(
            Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default)
        {
            var stream = new Stream(Said);
            return new(stream, stream.Taken.Task.WaitAsync(cancellationToken), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        private sealed class Stream(ConcurrentQueue<(string, string)> said) : IClientStreamWriter<LogLines>
        {
            private string _reader = "";

            public TaskCompletionSource<LogsTaken> Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public WriteOptions? WriteOptions { get; set; }

            public Task WriteAsync(LogLines message)
            {
                if (message.SubscriptionId.Length > 0) _reader = message.SubscriptionId;
                said.Enqueue((_reader, $"{message.SubscriptionId}:{message.Error}"));
                return Task.CompletedTask;
            }

            public Task WriteAsync(LogLines message, CancellationToken cancellationToken) => WriteAsync(message);

            public Task CompleteAsync()
            {
                Taken.TrySetResult(new LogsTaken());
                return Task.CompletedTask;
            }
        }
    }
}
