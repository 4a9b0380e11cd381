using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Tasks;
using Xunit;

namespace Skein.Tests.Tasks;

public sealed class ConnectionsWaitTests : IDisposable
{
    private const string Heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly string _sockets = Path.GetTempFileName();
    private readonly FakeTimeProvider _clock = new();

    public void Dispose() => File.Delete(_sockets);

    [Theory]
    [InlineData("01", 1)]   // ESTABLISHED, accepted or not
    [InlineData("03", 1)]   // SYN_RECV
    [InlineData("04", 1)]   // FIN_WAIT1: its last bytes are not acknowledged
    [InlineData("05", 0)]   // FIN_WAIT2
    [InlineData("06", 0)]   // TIME_WAIT
    [InlineData("08", 1)]   // CLOSE_WAIT: the client has said all, and waits for the answer
    [InlineData("09", 1)]   // LAST_ACK
    public void A_connection_is_open_while_its_client_is_owed_something(string state, int open) =>
        Assert.Equal(open, OpenConnections.Parse([Heading, Socket("00000000:0050", "00000000:0000", "0A"), Socket("0200000A:0050", "0300000A:C001", state)]).Count);

    [Fact]
    public void What_the_task_opened_itself_is_none_and_loopback_neither() => Assert.Empty(OpenConnections.Parse([
        Heading, Socket("00000000:0050", "00000000:0000", "0A"), Socket("0200000A:C002", "0400000A:0050", "01"), Socket("0100007F:0050", "0100007F:C003", "01"), "nonsense"]));

    [Fact]
    public void A_process_that_has_gone_has_none() => Assert.Empty(OpenConnections.Read(["/proc/0/net/tcp"]));

    [Fact]
    public void Without_a_connection_nothing_is_waited_for()
    {
        Now();
        Assert.True(new ConnectionsWait([_sockets], _clock).RunAsync(TimeSpan.FromSeconds(5), CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Requests_come_to_their_end_while_some_do_and_what_stays_is_left()
    {
        Now("C001", "C002", "C003");
        var waiting = Begin(TimeSpan.FromSeconds(5));
        Pass(180);
        Assert.False(waiting.IsCompleted);
        Now("C002", "C003");
        Pass(180);
        Assert.False(waiting.IsCompleted);
        // One that comes now is not waited for: nobody should have been led here.
        Now("C003", "C004");
        Pass(180);
        Assert.False(waiting.IsCompleted);
        Pass(40);
        await waiting.WaitAsync(Poll.Soon);
    }

    [Fact]
    public async Task However_well_it_goes_it_has_an_end()
    {
        var ports = Enumerable.Range(0xC000, 100).Select(port => $"{port:X4}").ToList();
        Now([.. ports]);
        var waiting = Begin(TimeSpan.FromSeconds(1));
        for (var looks = 0; looks < 50; looks++)
        {
            Assert.False(waiting.IsCompleted);
            ports.RemoveAt(0);
            Now([.. ports]);
            Pass(20);
        }
        await waiting.WaitAsync(Poll.Soon);
    }

    /// <summary>Without the test's own context, so that it goes on within the clock's step.</summary>
    private Task Begin(TimeSpan most)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var waiting = new ConnectionsWait([_sockets], _clock).RunAsync(most, CancellationToken.None);
        SynchronizationContext.SetSynchronizationContext(context);
        return waiting;
    }

    private static string Socket(string local, string remote, string state) =>
        $"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0";

    private void Now(params string[] ports) => File.WriteAllLines(
        _sockets, [Heading, Socket("00000000:0050", "00000000:0000", "0A"), .. ports.Select(port => Socket("0200000A:0050", $"0300000A:{port}", "01"))]);

    private void Pass(int milliseconds)
    {
        for (var passed = 0; passed < milliseconds; passed += 20) _clock.Advance(s_look);
    }
}
