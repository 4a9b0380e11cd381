using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.Tests.Identity;

public sealed class CertificateRenewalTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CryptoIdSource _ids = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-renewal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Whatever_went_wrong_it_is_tried_again_until_it_succeeds()
    {
        using var authority = RootAuthority.Create(_time, _ids);
        var request = CertificateSigningRequest.Create([]);
        var pem = authority.Issue(request.Pem, new("node1", NodeRole.Worker, "swarm1"), TimeSpan.FromDays(90));
        var identity = new NodeIdentity(_folder, NodeCredentials.Create(pem, request.KeyPem, authority.CertificatePem), _time);
        var attempts = 0;
        IReadOnlyList<string> Managers()
        {
            Interlocked.Increment(ref attempts);
            return ["no address"];   // no refusal by a manager, but a failure on this side
        }
        var renewal = new CertificateRenewal(identity, new(_time), Managers, [], new(), _time, _ids, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = renewal.RunAsync(stop.Token);

        using var deadline = new CancellationTokenSource(Poll.Patience);
        while (Volatile.Read(ref attempts) < 3)
        {
            Assert.False(running.IsCompleted, $"it ended after {attempts} attempts: {running.Exception?.InnerException?.Message}");
            Assert.False(deadline.IsCancellationRequested, $"three attempts within {Poll.Patience}; there were {attempts}");
            _time.Advance(TimeSpan.FromHours(1));
            await Task.Yield();
        }
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
