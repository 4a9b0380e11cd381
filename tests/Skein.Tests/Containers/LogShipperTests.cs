using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Containers.Logs.Collectors;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class LogShipperTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task LinesComeInTheirOrderAndTheLastBeforeTheEnd()
    {
        var collector = new Collector();
        await using (var shipper = Shipper(collector))
        {
            await shipper.ConnectAsync(default);
            shipper.Begin();
            foreach (var line in new[] { "a", "b", "c" }) await shipper.TakeAsync(Line(line), default);
        }
        Assert.Equal("connect a b c close", collector.Said);
    }

    [Fact]
    public async Task ABrokenWayIsOpenedAnewForTheSameLine()
    {
        var collector = new Collector { Broken = 1 };
        await using (var shipper = Shipper(collector))
        {
            await shipper.ConnectAsync(default);
            shipper.Begin();
            await shipper.TakeAsync(Line("a"), default);
            await shipper.TakeAsync(Line("b"), default);
        }
        Assert.Equal("connect broken connect a b close", collector.Said);
    }

    [Fact]
    public async Task WhatNobodyTakesIsLostAndAskedForOnceASecond()
    {
        var collector = new Collector { Refusing = true };
        var shipper = Shipper(collector);
        shipper.Begin();
        foreach (var line in new[] { "a", "b", "c" }) await shipper.TakeAsync(Line(line), default);
        await Poll.UntilAsync("three lines are lost", () => Task.FromResult(shipper.Lost), lost => lost == 3);
        Assert.Equal("refused", collector.Said);
        collector.Refusing = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        await shipper.TakeAsync(Line("d"), default);
        await shipper.DisposeAsync();
        Assert.Equal("refused connect d close", collector.Said);
    }

    [Fact]
    public async Task AFullQueueHoldsUpWhoWritesUnlessItsModeIsNotTo()
    {
        var holding = Shipper(new Collector());
        for (var i = 0; i < 1024; i++) Assert.True(holding.TakeAsync(Line("x"), default).IsCompletedSuccessfully);
        using var leaves = new CancellationTokenSource();
        var waiting = holding.TakeAsync(Line("x"), leaves.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await holding.DisposeAsync();

        var bounded = Shipper(new Collector(), 3);
        for (var i = 0; i < 5; i++) Assert.True(bounded.TakeAsync(Line("x"), default).IsCompletedSuccessfully);
        Assert.Equal(2, bounded.Lost);
        await bounded.DisposeAsync();
    }

    /// <summary>They have no bytes, and take the daemon's memory all the same.</summary>
    [Fact]
    public async Task Empty_lines_are_bounded_too()
    {
        var bounded = Shipper(new Collector(), 64);
        for (var i = 0; i < 5000; i++) Assert.True(bounded.TakeAsync(Line(""), default).IsCompletedSuccessfully);
        Assert.InRange(bounded.Lost, 3900, 4990);
        await bounded.DisposeAsync();
    }

    private LogShipper Shipper(Collector collector, long? bytesMax = null) => new(collector, "id", bytesMax, _time, NullLogger.Instance);

    private static CollectedLine Line(string text) => new(default, false, Encoding.UTF8.GetBytes(text), null);

    private sealed class Collector : ILogCollector
    {
        private readonly List<string> _said = [];

        public bool Refusing { get; set; }

        /// <summary>So many sends fail.</summary>
        public int Broken { get; set; }

        public string Said
        {
            get
            {
                lock (_said) return string.Join(' ', _said);
            }
        }

        public Task ConnectAsync(CancellationToken cancel)
        {
            Note(Refusing ? "refused" : "connect");
            return Refusing ? Task.FromException(new IOException("no")) : Task.CompletedTask;
        }

        public ValueTask SendAsync(CollectedLine line, CancellationToken cancel)
        {
            if (Broken-- > 0)
            {
                Note("broken");
                throw new IOException("broken");
            }
            Note(Encoding.UTF8.GetString(line.Text.Span));
            return ValueTask.CompletedTask;
        }

        public void Dispose() => Note("close");

        private void Note(string what)
        {
            lock (_said) _said.Add(what);
        }
    }
}
