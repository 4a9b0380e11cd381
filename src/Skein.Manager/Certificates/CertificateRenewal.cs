using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>Keeps a node's certificate fresh: asks for a new one at a random point between half and four fifths of its life.</summary>
public sealed partial class CertificateRenewal(
    NodeIdentity identity, JoinClient client, Func<IReadOnlyList<string>> managers, IReadOnlyList<IPAddress> addresses,
    TimeProvider time, IIdSource random, ILogger log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);

    /// <summary>A timer takes no longer wait than some 49 days; it is looked at anew each day.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly ILogger _log = log;
    private readonly SemaphoreSlim _one = new(1);

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var credentials = identity.Current;
            var due = RenewalTime.Of(credentials.NotBefore, credentials.NotAfter, random);
            while (identity.Current == credentials && time.GetUtcNow() < due)
            {
                var wait = due - time.GetUtcNow();
                await Task.Delay(wait < LongestWait ? wait : LongestWait, time, stop);
            }
            while (identity.Current == credentials && !await TryRenewAsync(stop)) await Task.Delay(RetryPause, time, stop);
        }
    }

    /// <summary>Asks each manager in turn for a new certificate now; true when one has given it.</summary>
    public async Task<bool> TryRenewAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            foreach (var manager in managers())
            {
                try
                {
                    var issued = await client.RenewAsync(manager, identity, addresses, cancel);
                    identity.Replace(issued.Credentials);
                    LogRenewed(issued.Credentials.NotAfter);
                    return true;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The old one goes on being used; another manager's answer would find no more space.
                    LogNotKept(e.Message);
                    return false;
                }
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    // Whatever it was: a certificate that is renewed no more ends the node in the end.
                    LogRefused(manager, e.Message);
                }
            }
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    [LoggerMessage(2320, LogLevel.Information, "This node has a new certificate, valid until {NotAfter:u}")]
    private partial void LogRenewed(DateTimeOffset notAfter);

    [LoggerMessage(2322, LogLevel.Error, "This node's new certificate could not be written and is not used: {Reason}")]
    private partial void LogNotKept(string reason);

    [LoggerMessage(2321, LogLevel.Warning, "Manager {Manager} has not renewed the certificate: {Reason}")]
    private partial void LogRefused(string manager, string reason);
}
