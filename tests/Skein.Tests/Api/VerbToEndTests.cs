using System.Text;
using Skein.Agent.Containers;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>What becomes of a verb whose client leaves.</summary>
public sealed class VerbToEndTests
{
    [Fact]
    public async Task A_removal_goes_on_when_its_client_leaves()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(ApiServer.Container, ContainerStatus.Exited);
        var (begun, go) = (NewSignal<CancellationToken>(), NewSignal<bool>());
        server.Containers.BeforeRemoval = cancel =>
        {
            begun.SetResult(cancel);
            return go.Task.WaitAsync(cancel);
        };
        using (var client = await server.ConnectAsync())
        {
            await client.SendAsync(Encoding.Latin1.GetBytes("DELETE /containers/c1?force=1 HTTP/1.1\r\nHost: h\r\n\r\n"));
            // It cannot be cut by anybody.
            Assert.False((await begun.Task.WaitAsync(Poll.Soon)).CanBeCanceled);
        }
        go.SetResult(true);
        await Poll.UntilAsync("it is removed", () => server.Containers.List().Count == 0);
    }

    private static TaskCompletionSource<T> NewSignal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
