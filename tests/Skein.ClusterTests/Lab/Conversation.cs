using System.Diagnostics;
using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>One TCP connection that stays open, to a server that sends back what it gets.</summary>
public sealed class Conversation : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly Process _process;
    private readonly string _route;
    private int _said;

    private Conversation(string route, Process process) => (_route, _process) = (route, process);

    /// <summary>Opens the connection from the place that the command line runs in: it is given nc, address and port.</summary>
    public static async Task<Conversation> OpenAsync(string route, string program, IEnumerable<string> arguments, string address, int port)
    {
        var process = Process.Start(new ProcessStartInfo(program, [.. arguments, "busybox", "nc", address, $"{port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var conversation = new Conversation(route, process);
        await conversation.SayAsync();
        return conversation;
    }

    /// <summary>A line there and back on the same connection; fails the test when it is broken or silent.</summary>
    public async Task SayAsync()
    {
        var line = $"line {++_said}";
        using var limit = new CancellationTokenSource(Limit);
        string? back = null;
        try
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), limit.Token);
            await _process.StandardInput.FlushAsync(limit.Token);
            back = await _process.StandardOutput.ReadLineAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{_route}: {line} did not come back within {Limit.TotalSeconds} s");
        }

        Assert.True(back == line, $"{_route}: {line} was answered by {back ?? "the end of the connection: " + await _process.StandardError.ReadToEndAsync(limit.Token)}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
