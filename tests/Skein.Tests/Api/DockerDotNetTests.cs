using System.IO.Pipelines;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Skein.Agent.Containers;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

/// <summary>Docker's client for .NET, which writes its heads with line ends of both kinds, and begins a stream as any request.</summary>
public sealed class DockerDotNetTests
{
    [Fact]
    public async Task Its_calls_are_answered()
    {
        await using var server = await ApiServer.StartAsync();
        using var client = Client(server);
        await client.System.PingAsync(Poll.Soon);
        Assert.Equal("1.51", (await client.System.GetVersionAsync(Poll.Soon)).APIVersion);
        Assert.Equal("h1", (await client.System.GetSystemInfoAsync(Poll.Soon)).Name);
        server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
        var listed = await client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, Poll.Soon);
        Assert.Equal("/c1", Assert.Single(Assert.Single(listed).Names));
        var refused = await Assert.ThrowsAsync<DockerContainerNotFoundException>(() => client.Containers.InspectContainerAsync("nobody", Poll.Soon));
        Assert.Contains("No such container: nobody", refused.ResponseBody);
    }

    [Fact]
    public async Task A_command_takes_its_input_and_gives_its_output()
    {
        await using var server = await ApiServer.StartAsync();
        var (stdin, stdout) = (new Pipe(), new Pipe());
        server.Containers.Streams = new FakeStreams(stdout.Reader.AsStream(), Stream.Null, stdin.Writer.AsStream());
        using var client = Client(server);
        using var streams = await client.Exec.StartAndAttachContainerExecAsync("e1", tty: false, Poll.Soon);
        await streams.WriteAsync("typed"u8.ToArray(), 0, 5, Poll.Soon);
        Assert.Equal(5, (await stdin.Reader.ReadAtLeastAsync(5, Poll.Soon)).Buffer.Length);
        await stdout.Writer.WriteAsync("said"u8.ToArray());
        var buffer = new byte[16];
        var read = await streams.ReadOutputAsync(buffer, 0, buffer.Length, Poll.Soon);
        Assert.Equal((MultiplexedStream.TargetStream.StandardOut, "said"), (read.Target, Encoding.ASCII.GetString(buffer, 0, read.Count)));
    }

    private static DockerClient Client(ApiServer server) => new DockerClientConfiguration(new Uri(server.Address)).CreateClient();
}
