using System.Threading.Channels;
using Skein.Agent.Session;
using Xunit;

namespace Skein.Tests.Session;

public class ProgrammedReportTests
{
    [Fact]
    public async Task A_sequence_is_said_when_its_generation_is_programmed_and_several_as_one()
    {
        var asked = Channel.CreateUnbounded<(long Generation, TaskCompletionSource Programmed)>();
        var report = new ProgrammedReport((generation, _) =>
        {
            var programmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            asked.Writer.TryWrite((generation, programmed));
            return programmed.Task;
        });
        var said = report.NextAsync(Poll.Soon);
        report.Told(1, 5);
        var first = await asked.Reader.ReadAsync(Poll.Soon);
        Assert.Equal(5, first.Generation);
        report.Told(2, 6);
        report.Told(3, 7);
        Assert.False(said.IsCompleted);
        first.Programmed.SetResult();
        Assert.Equal(1ul, await said);

        said = report.NextAsync(Poll.Soon);
        var second = await asked.Reader.ReadAsync(Poll.Soon);
        Assert.Equal(7, second.Generation);
        second.Programmed.SetResult();
        Assert.Equal(3ul, await said);
    }
}
