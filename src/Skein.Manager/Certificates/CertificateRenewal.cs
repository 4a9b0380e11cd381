using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Timing;

namespace Skein.Manager.Certificates;

/// <summary>
/// Keeps a node's certificate fresh: asks for a new one at a random point between half and four fifths of its life, and at once when
/// another issuer is told, as in a rotation of the CA; trusts the new root when it is told that one.
/// </summary>
public sealed partial class CertificateRenewal(
    NodeIdentity identity, JoinClient client, Func<IReadOnlyList<string>> managers, IReadOnlyList<IPAddress> addresses,
    ToldIssuer told, TimeProvider time, IIdSource random, ILogger log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);

    /// <summary>Others wait for this node's: no more than a manager gives of a node in a minute (<see cref="CertificateAuthorityService.RenewalsOfNode"/>).</summary>
    private static readonly TimeSpan RotationPause = TimeSpan.FromSeconds(3);

    /// <summary>A timer takes no longer wait than some 49 days; it is looked at anew each day.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly ILogger _log = log;
    private readonly SemaphoreSlim _one = new(1);

    public async Task RunAsync(CancellationToken stop)
    {
        NodeCredentials? known = null;
        var due = DateTimeOffset.MaxValue;
        while (true)
        {
            var (has, now) = (identity.Current, told.Now);
            if (has != known) (known, due) = (has, RenewalTime.Of(has.NotBefore, has.NotAfter, random));
            switch (RenewalPlan.Of(has, now, time.GetUtcNow(), due))
            {
                case RenewalPlan.Step.Trust:
                    if (!TryTrust(has, now)) await Task.Delay(RotationPause, time, stop);
                    break;
                case RenewalPlan.Step.Renew:
                    if (!await TryRenewAsync(stop)) await WaitAsync(has, now, time.GetUtcNow() < due ? RotationPause : RetryPause, stop);
                    break;
                default:
                    var wait = due - time.GetUtcNow();
                    await WaitAsync(has, now, wait < LongestWait ? wait : LongestWait, stop);
                    break;
            }
        }
    }

    /// <summary>Until that has passed, or something is different.</summary>
    private Task WaitAsync(NodeCredentials has, ToldIssuer.Told now, TimeSpan longest, CancellationToken stop) => Sides.FirstAsync(
        stop, over => identity.WhenReplacedAsync(has, over), over => told.WhenOtherAsync(now, over), over => Task.Delay(longest, time, over));

    private bool TryTrust(NodeCredentials has, ToldIssuer.Told now)
    {
        try
        {
            identity.Replace(has.Trusting(now.TrustRoot.Span));
            LogTrusts();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(e.Message);
            return false;
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
                catch (Exception e)
                {
                    cancel.ThrowIfCancellationRequested();
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

    [LoggerMessage(2323, LogLevel.Information, "This node trusts the swarm's new root from now on")]
    private partial void LogTrusts();

    [LoggerMessage(2322, LogLevel.Error, "This node's new certificate could not be written and is not used: {Reason}")]
    private partial void LogNotKept(string reason);

    [LoggerMessage(2321, LogLevel.Warning, "Manager {Manager} has not renewed the certificate: {Reason}")]
    private partial void LogRefused(string manager, string reason);
}
