using Skein.Manager;
using Skein.Manager.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Skein.Tests.Store;

public sealed class EtcdUpkeepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-upkeep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(20 << 20, 1 << 20, false)]     // small: not worth a standstill
    [InlineData(100 << 20, 60 << 20, false)]   // the gaps are filled again
    [InlineData(100 << 20, 10 << 20, true)]
    public void Only_a_large_file_of_gaps_is_copied(long size, long used, bool copied) => Assert.Equal(copied, EtcdUpkeep.IsMostlyGaps(size, used));

    [Fact]
    public void A_log_that_etcd_holds_open_is_emptied_and_its_lines_kept_once()
    {
        var path = Path.Combine(_folder, "etcd.log");
        using var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        held.Write("a long line"u8);
        held.Flush();

        EtcdProcess.TrimLog(path, 100);
        Assert.Equal("a long line", File.ReadAllText(path));
        EtcdProcess.TrimLog(path, 10);
        Assert.Equal(("", "a long line"), (File.ReadAllText(path), File.ReadAllText(path + ".old")));
    }

    [Theory]
    [InlineData("""{"level":"panic","ts":"2026-01-01T00:00:00Z","msg":"failed to create WAL","error":"no space left on device","stacktrace":"a\nb"}""",
        "panic: failed to create WAL: no space left on device")]
    [InlineData("""{"level":"fatal","msg":"discovery failed"}""", "fatal: discovery failed")]
    [InlineData("""{"level":"pan""", """{"level":"pan""")]
    [InlineData("[1]", "[1]")]
    [InlineData("", "")]
    public void A_line_of_etcd_s_log_is_put_plainly(string line, string plain) => Assert.Equal(plain, EtcdLogLine.Plain(line));

    [Fact]
    public void A_reason_is_news_once_in_ten_seconds()
    {
        var time = new FakeTimeProvider();
        var repeats = new Repeats(time);
        Assert.True(repeats.IsNews("refused"));
        Assert.True(repeats.IsNews("late"));
        Assert.False(repeats.IsNews("refused"));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(repeats.IsNews("refused"));
    }
}
