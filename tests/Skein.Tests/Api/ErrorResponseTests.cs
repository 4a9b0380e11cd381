using Skein.Api.Http;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public sealed class ErrorResponseTests
{
    [Fact]
    public void What_a_client_has_sent_comes_back_only_in_part()
    {
        // Letters of two chars each, so that both cuts fall into one when they are made by counting.
        var message = ErrorResponse.MessageOf(SkeinException.Invalid($"x{string.Concat(Enumerable.Repeat("😀", 500_000))}y"));
        Assert.InRange(message.Length, 1_000, 20_000);
        Assert.StartsWith("x😀", message);
        Assert.EndsWith("😀y", message);
        Assert.Contains(message, System.Text.Json.JsonDocument.Parse(new ErrorResponse(message).ToJson()).RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public void Other_messages_stay_whole() => Assert.Equal("No such container: x", ErrorResponse.MessageOf(SkeinException.NotFound("No such container: x")));

    [Fact]
    public void A_full_disk_is_told_in_Gos_words() => Assert.Equal(
        "no space left on device : '/var/lib/skein/containers/x/container.pb.new'",
        ErrorResponse.MessageOf(new IOException("No space left on device : '/var/lib/skein/containers/x/container.pb.new'")));
}
