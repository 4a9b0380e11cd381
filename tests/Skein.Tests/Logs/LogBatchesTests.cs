using System.Runtime.CompilerServices;
using Grpc.Core;
using Skein.Agent.Containers;
using Skein.Agent.Logs;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Logs;

public class LogBatchesTests
{
    [Fact]
    public async Task A_reader_of_a_quiet_log_ends_when_its_manager_has_hung_up()
    {
        var left = new TaskCompletionSource();
        using var batches = new LogBatches(new DeafWriter());

        // The container has said one line and says no more: the next one is being waited for when the first cannot be sent.
        var sending = batches.SendAsync("t1", OneLineAndSilence(left), default);

        var error = await Assert.ThrowsAsync<RpcException>(() => sending.WaitAsync(Poll.Patience));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.True(left.Task.IsCompleted, "the log is still being read");
    }

    private static async IAsyncEnumerable<ContainerLogLine> OneLineAndSilence(
        TaskCompletionSource left, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        try
        {
            yield return new ContainerLogLine(DateTimeOffset.UnixEpoch, LogStream.Stdout, "hello\n"u8.ToArray());
            await Task.Delay(Timeout.Infinite, cancel);
        }
        finally
        {
            left.SetResult();
        }
    }

    private sealed class DeafWriter : IClientStreamWriter<LogLines>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task CompleteAsync() => Task.CompletedTask;

        public Task WriteAsync(LogLines message) => throw new RpcException(new Status(StatusCode.Unavailable, "gone"));
    }
}
