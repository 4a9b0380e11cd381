using System.Net;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Skein.Manager.Callers;

namespace Skein.Tests.Callers;

public class TriesTests
{
    private const int Most = 10;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Ten_in_a_minute_are_heard_and_others_always()
    {
        var wrong = new Tries<IPAddress>(Most, _time);
        for (var i = 0; i < Most; i++)
        {
            Assert.False(wrong.MustWait(Address(1)));
            wrong.Note(Address(1));
        }
        Assert.True(wrong.MustWait(Address(1)));
        Assert.False(wrong.MustWait(Address(2)));

        _time.Advance(Tries<IPAddress>.Window);
        Assert.False(wrong.MustWait(Address(1)));
        wrong.Note(Address(1));
        Assert.False(wrong.MustWait(Address(1)));
    }

    [Fact]
    public void Any_number_of_addresses_takes_the_memory_of_some_thousands_for_a_minute()
    {
        var wrong = new Tries<IPAddress>(Most, _time);
        for (var i = 0; i < 100_000; i++) wrong.Note(Address(i));
        Assert.Equal(Tries<IPAddress>.MostKeys, wrong.Keys);
        _time.Advance(Tries<IPAddress>.Window);
        wrong.Note(Address(1));
        Assert.Equal(1, wrong.Keys);
    }

    private static IPAddress Address(int number) => new(BitConverter.GetBytes(number));
}
