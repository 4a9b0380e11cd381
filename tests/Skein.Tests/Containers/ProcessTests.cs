using Skein.Agent.Containers.Processes;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class ProcessTests
{
    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("term", 15)]
    [InlineData("9", 9)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("WINCH", 28)]
    public void SignalsHaveNamesAndNumbers(string signal, uint number) => Assert.Equal(number, Signals.Parse(signal));

    [Theory]
    [InlineData("SIGNOPE")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("RTMIN+99")]
    public void OtherSignalsAreRefused(string signal) =>
        Assert.Equal($"invalid signal: {signal}", Assert.Throws<SkeinException>(() => Signals.Parse(signal)).Message);

    [Theory]
    [InlineData("exec: \"x\": executable file not found in $PATH: unknown", 127, ErrorKind.InvalidArgument)]
    [InlineData("exec /x: no such file or directory", 127, ErrorKind.InvalidArgument)]
    [InlineData("exec: \"/etc\": permission denied: unknown", 126, ErrorKind.InvalidArgument)]
    [InlineData("cgroups: no space", 128, ErrorKind.Internal)]
    public void FailedStartsHaveDockersExitCodes(string message, int exitCode, ErrorKind kind)
    {
        var failure = StartFailure.Of(message);
        Assert.Equal((exitCode, kind), (failure.ExitCode, failure.ToException(new IOException()).Kind));
    }

    [Fact]
    public void AProcessIsReadFromItsFiles()
    {
        var process = HostProcess.Parse(
            7,
            "7 (a) b (c)) S 1 7 7 34817 7 4194304 1 0 0 0 250 50 0 0 20 0 1 0 12345 4096000 100 18446744073709551615 0",
            "Name:\tx\nUid:\t5\t6\t5\t5\n",
            "sh\0-c\0echo hi\0");
        Assert.Equal(("a) b (c)", 1, 6u, "S", "pts/1"), (process.Name, process.ParentPid, process.Uid, process.State, process.TtyName));
        Assert.Equal((300, 12345, 4096000, "sh -c echo hi"), (process.CpuTicks, process.StartTicks, process.VirtualBytes, process.Command));
    }

    [Theory]
    [InlineData("", "UID PID PPID C STIME TTY TIME CMD")]
    [InlineData("-ef", "UID PID PPID C STIME TTY TIME CMD")]
    [InlineData("aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND")]
    [InlineData("-o pid,user,args=WHAT", "PID USER WHAT")]
    public void PsArgumentsChooseColumns(string args, string titles) =>
        Assert.Equal(titles, string.Join(' ', ProcessListing.Parse(args).Titles));

    [Fact]
    public void OtherPsArgumentsAreRefused()
    {
        Assert.Throws<SkeinException>(() => ProcessListing.Parse("-o nonsense"));
        Assert.Throws<SkeinException>(() => ProcessListing.Parse("--forest"));
    }

    [Fact]
    public void ItsOwnProcessHasARow()
    {
        var row = Assert.Single(ProcessListing.Parse("-o pid,comm,time").Rows([(uint)Environment.ProcessId], DateTimeOffset.UtcNow));
        Assert.Equal($"{Environment.ProcessId}", row[0]);
        Assert.Matches("^[0-9]{2}:[0-9]{2}:[0-9]{2}$", row[2]);
    }
}
