using System.Text.Json;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

public sealed class JsonBodyTests : IDisposable
{
    private readonly ControlWorld _world = new();

    public void Dispose() => _world.Control.Dispose();

    [Theory]
    [InlineData("", "x", "malformed Content-Type header (): mime: no media type")]
    [InlineData("text/plain", "{}", "unsupported Content-Type header (text/plain): must be 'application/json'")]
    [InlineData("text/plain", "", "unsupported Content-Type header (text/plain): must be 'application/json'")]
    [InlineData("application/json; charset=utf-8", "", "mismatched Runtime and *Spec fields")]
    [InlineData("", "", "mismatched Runtime and *Spec fields")]
    [InlineData("application/json", " \n", "invalid JSON: got EOF while reading request body")]
    [InlineData("application/json", "{}{}", "unexpected content after JSON")]
    [InlineData("application/json", "null", "mismatched Runtime and *Spec fields")]
    public async Task A_body_is_JSON_and_says_so(string contentType, string body, string message)
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        var (status, answer) = await server.PostAsync("/services/create", body, contentType);
        Assert.Equal((400, message), (status, JsonDocument.Parse(answer).RootElement.GetProperty("message").GetString()));
    }
}
