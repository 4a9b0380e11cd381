using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Skein.Agent.Containers;
using Skein.Tests.Architecture;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>docs/engine-api.md says of each operation whether it works, and which tests show it.</summary>
public sealed partial class EngineApiTests
{
    /// <summary>Of API 1.51, by its specification.</summary>
    private const int Operations = 107;

    [Fact]
    public async Task Each_operation_is_what_the_table_says()
    {
        await using var server = await ApiServer.StartAsync();
        var rows = Rows();
        Assert.Equal(Operations, rows.Select(row => row.Operation).Distinct().Count());
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
            var answer = await AnswerAsync(server, Filled(row.Operation));
            var isRefused = answer.StartsWith("HTTP/1.1 501", StringComparison.Ordinal);
            if ((row.Verdict != "◐" && isRefused != (row.Verdict == "✘")) || answer.Contains("page not found", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 405", StringComparison.Ordinal))
                wrong.Add($"{row.Operation} is {row.Verdict}: {answer}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Each_test_that_the_table_names_is_there()
    {
        var there = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        Assert.Empty(Rows().SelectMany(row => row.Tests).Except(there));
    }

    private static string Filled(string operation) => operation
        .Replace("/containers/{id}", "/containers/c1", StringComparison.Ordinal)
        .Replace("/commit", "/commit?container=c1", StringComparison.Ordinal)
        .Replace("{id}", "x", StringComparison.Ordinal)
        .Replace("{name}", "x", StringComparison.Ordinal);

    /// <summary>The begin of what the server says: some speak for as long as they are listened to.</summary>
    private static async Task<string> AnswerAsync(ApiServer server, string operation)
    {
        using var socket = await server.ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes($"{operation.Replace(" ", " /v1.51", StringComparison.Ordinal)} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
        var buffer = new byte[4096];
        var read = 0;
        while (read < buffer.Length && !Encoding.Latin1.GetString(buffer, 0, read).Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var more = await socket.ReceiveAsync(buffer.AsMemory(read), SocketFlags.None, Poll.Soon);
            if (more == 0) break;
            read += more;
        }
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    private static List<Row> Rows() =>
    [
        .. File.ReadLines(Path.Combine(SourceTree.Root, "docs", "engine-api.md"))
            .Select(line => RowPattern().Match(line))
            .Where(match => match.Success)
            .Select(match => new Row(match.Groups["operation"].Value, match.Groups["verdict"].Value, match.Groups["tests"].Value.Split(", "))),
    ];

    [GeneratedRegex(@"^\| `(?<operation>[A-Z]+ /[^`]+)` \| (?<verdict>[✔◐✘]) \|.* \| (?<tests>[\w, ]+) \|$")]
    private static partial Regex RowPattern();

    private sealed record Row(string Operation, string Verdict, IReadOnlyList<string> Tests);
}
