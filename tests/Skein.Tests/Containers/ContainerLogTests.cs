using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Logs;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class ContainerLogTests : IDisposable
{
    private static readonly byte[] Odd = [0xff, 0, (byte)' ', (byte)'e', (byte)'\n'];

    private readonly string folder = Directory.CreateTempSubdirectory("skein-log-").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task KeepsBytesTimesAndStreams()
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        var (stdout, stderr) = (log.Splitter(LogStream.Stdout), log.Splitter(LogStream.Stderr));
        log.Append(stdout, "a\nhal"u8);
        time.Advance(TimeSpan.FromSeconds(1.5));
        log.Append(stderr, Odd);
        log.Append(stdout, "f\n\nend"u8);
        log.Finish(stdout);
        log.Finish(stderr);

        Assert.Equal("2026-01-02T03:04:05.000000000Z stdout F a", File.ReadLines(folder + "/log.1").First());
        var lines = await ReadAsync(log, All);
        Assert.Equal(["a\n", "half\n", "\n", "end"], lines.Where(line => line.Stream == LogStream.Stdout).Select(Text));
        var error = Assert.Single(lines, line => line.Stream == LogStream.Stderr);
        Assert.Equal(Odd, error.Line.ToArray());
        Assert.Equal(time.GetUtcNow(), error.Time);
    }

    [Fact]
    public async Task TailSinceAndUntilChooseLines()
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        var began = time.GetUtcNow();
        for (var i = 0; i < 5; i++)
        {
            log.Append(splitter, Encoding.UTF8.GetBytes($"{i}\n"));
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(["3\n", "4\n"], await TextsAsync(log, All with { Tail = 2 }));
        Assert.Empty(await TextsAsync(log, All with { Tail = 0 }));
        Assert.Equal(["0\n", "1\n", "2\n", "3\n", "4\n"], await TextsAsync(log, All with { Tail = 50 }));
        Assert.Equal(["2\n", "3\n"], await TextsAsync(log, All with { Since = began.AddSeconds(2), Until = began.AddSeconds(3) }));
        Assert.Equal(["3\n"], await TextsAsync(log, All with { Until = began.AddSeconds(3), Tail = 1 }));
        Assert.Empty(await TextsAsync(log, All with { Stdout = false }));
    }

    /// <summary>Hundreds that take all at once, as those do that have left, would otherwise hold every thread.</summary>
    [Fact]
    public async Task WhoTakesAllAtOnceMakesRoomForOthers()
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        for (var i = 0; i < 2000; i++) log.Append(splitter, "line\n"u8);
        await using var lines = log.ReadAsync(All, () => true, CancellationToken.None).GetAsyncEnumerator();
        var rests = 0;
        while (true)
        {
            var next = lines.MoveNextAsync();
            if (!next.IsCompleted) rests++;
            if (!await next) break;
        }
        Assert.InRange(rests, 2, 100);
    }

    [Fact]
    public async Task OldFilesGoAndAFollowerReadsAcrossThem()
    {
        using var log = new ContainerLog(folder, new LogLimits(200, 2, Kept: true), time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        var ended = false;
        var follower = Task.Run(() => TextsAsync(log, All with { Follow = true }, () => ended));
        for (var i = 0; i < 40; i++)
            log.Append(splitter, Encoding.UTF8.GetBytes($"{i:00}\n"));
        ended = true;
        log.Wake();
        var followed = await follower.WaitAsync(Poll.Patience);
        // The follower may be overtaken by the rotation, but what it reads is in order and reaches the end.
        Assert.Equal(followed.Order(), followed);
        Assert.Equal("39\n", followed[^1]);
        Assert.InRange(Directory.GetFiles(folder).Length, 1, 2);
        Assert.Equal("39\n", (await TextsAsync(log, All))[^1]);

        using var reopened = new ContainerLog(folder, new LogLimits(200, 2, Kept: true), time, NullLogger.Instance);
        reopened.Append(reopened.Splitter(LogStream.Stdout), "40\n"u8);
        Assert.Equal(["39\n", "40\n"], await TextsAsync(reopened, All with { Tail = 2 }));
    }

    [Fact]
    public async Task ALineWithoutEndIsKeptInParts()
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        var text = new string('x', 40_000);
        foreach (var chunk in Encoding.UTF8.GetBytes(text + "\n").Chunk(7_001))
            log.Append(splitter, chunk);
        var lines = await TextsAsync(log, All);
        Assert.Equal([16384, 16384, 7233], lines.Select(line => line.Length));
        Assert.Equal(text + "\n", string.Concat(lines));
    }

    [Fact]
    public async Task WhatIsNoLineIsPassedOver()
    {
        File.WriteAllText(folder + "/log.1", "2026-01-02T03:04:05.000000000Z stdout F good\ncut off by a power fail\n");
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        Assert.Equal(["good\n"], await TextsAsync(log, All));
    }

    [Fact]
    public async Task ALineThatWasCutOffTakesNoOtherWithIt()
    {
        File.WriteAllText(folder + "/log.1", "2026-01-02T03:04:05.000000000Z stdout F good\n2026-01-02T03:04:05.0000");
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        log.Append(log.Splitter(LogStream.Stdout), "next\n"u8);
        Assert.Equal(["good\n", "next\n"], await TextsAsync(log, All));
    }

    [Fact]
    public async Task WhatCannotBeWrittenIsLostAndTheRestIsNot()
    {
        var limits = new LogLimits(200, 2, Kept: true);
        using var log = new ContainerLog(folder, limits, time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        Directory.CreateDirectory(folder + "/log.2");
        for (var i = 0; i < 8; i++)
            log.Append(splitter, Encoding.UTF8.GetBytes($"{i:00}\n"));
        Directory.Delete(folder + "/log.2");
        log.Append(splitter, "08\n"u8);
        var lines = await TextsAsync(log, All);
        Assert.Equal("08\n", lines[^1]);
        Assert.InRange(lines.Count, 2, 8);
    }

    /// <summary>As `yes` does: for each line that is read there are more before the next.</summary>
    [Theory]
    [InlineData(null, 40)]
    [InlineData(3, 3)]
    [InlineData(1000, 40)]
    public async Task ALogThatGrowsWhileItIsReadHasAnEnd(int? tail, int expected)
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        for (var i = 0; i < 40; i++)
            log.Append(splitter, Encoding.UTF8.GetBytes($"{i:00}\n"));
        var read = new List<string>();
        await foreach (var line in log.ReadAsync(All with { Tail = tail }, () => false, default))
        {
            read.Add(Text(line));
            log.Append(splitter, "more\n"u8);
            log.Append(splitter, "and more\n"u8);
            if (read.Count > expected) break;
        }
        Assert.Equal(Enumerable.Range(40 - expected, expected).Select(i => $"{i:00}\n"), read);
    }

    [Fact]
    public async Task TheLastLinesAreFoundOverFilesAndThereAreNoMore()
    {
        using var log = new ContainerLog(folder, new LogLimits(200, 3, Kept: true), time, NullLogger.Instance);
        var (stdout, stderr) = (log.Splitter(LogStream.Stdout), log.Splitter(LogStream.Stderr));
        for (var i = 0; i < 20; i++)
            log.Append(i % 2 == 0 ? stdout : stderr, Encoding.UTF8.GetBytes($"{i:00}\n"));
        Assert.Equal(["10\n", "12\n", "14\n", "16\n", "18\n"], await TextsAsync(log, All with { Stderr = false, Tail = 5 }));
        Assert.Equal((await TextsAsync(log, All))[^9..], await TextsAsync(log, All with { Tail = 9 }));
        Assert.Equal(await TextsAsync(log, All), await TextsAsync(log, All with { Tail = 1000 }));
        Assert.Equal(["19\n"], await TextsAsync(log, All with { Tail = 1, Follow = true }));
    }

    [Fact]
    public async Task LinesLongerThanABlockAreFoundFromBehind()
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        var splitter = log.Splitter(LogStream.Stdout);
        var lines = Enumerable.Range(0, 20).Select(i => new string((char)('a' + i), 16_000) + "\n").ToList();
        foreach (var line in lines)
            log.Append(splitter, Encoding.UTF8.GetBytes(line));
        Assert.Equal(lines[^13..], await TextsAsync(log, All with { Tail = 13 }));
    }

    [Fact]
    public async Task WhoLeavesIsNotReadForAnyLonger()
    {
        using var log = new ContainerLog(folder, LogLimits.Default, time, NullLogger.Instance);
        log.Append(log.Splitter(LogStream.Stdout), "one\ntwo\n"u8);
        using var leaves = new CancellationTokenSource();
        await using var reader = log.ReadAsync(All, () => true, leaves.Token).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        await leaves.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await reader.MoveNextAsync());
    }

    [Theory]
    [InlineData("10m", "5", 10_000_000, 5, true)]
    [InlineData("512kb", "0", 512_000, 3, true)]
    [InlineData("-1", "x", 10_000_000, 3, true)]
    public void DriverOptionsBoundTheLog(string size, string files, long bytes, int count, bool kept)
    {
        var driver = new LogDriver { Name = "json-file", Options = { ["max-size"] = size, ["max-file"] = files } };
        Assert.Equal(new LogLimits(bytes, count, kept), LogLimits.Of(driver));
        Assert.False(LogLimits.Of(new LogDriver { Name = "none" }).Kept);
    }

    private static LogQuery All => new(true, true, false, null, null, null);

    private static string Text(ContainerLogLine line) => Encoding.Latin1.GetString(line.Line.Span);

    private static async Task<List<string>> TextsAsync(ContainerLog log, LogQuery query, Func<bool>? ended = null) =>
        [.. (await ReadAsync(log, query, ended)).Select(Text)];

    private static async Task<List<ContainerLogLine>> ReadAsync(ContainerLog log, LogQuery query, Func<bool>? ended = null)
    {
        var lines = new List<ContainerLogLine>();
        await foreach (var line in log.ReadAsync(query, ended ?? (() => true), default))
            lines.Add(line);
        return lines;
    }
}
