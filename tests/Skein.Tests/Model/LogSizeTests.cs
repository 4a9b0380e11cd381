using Skein.Model.Specs;
using Xunit;

namespace Skein.Tests.Model;

public sealed class LogSizeTests
{
    [Theory]
    [InlineData("1000", 1000L)]
    [InlineData("1.5k", 1500L)]
    [InlineData("2 GiB", 2_000_000_000L)]
    [InlineData("", null)]
    [InlineData("9223372036854775808", null)]
    [InlineData("99999999999999999999g", null)]
    [InlineData("79228162514264337593543950335p", null)]
    public void A_size_is_one_that_can_be(string text, long? bytes) =>
        Assert.Equal(bytes, LogSize.TryParse(text, out var parsed) ? parsed : null);
}
