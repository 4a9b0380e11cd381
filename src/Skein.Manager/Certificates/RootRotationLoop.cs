using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Certificates;

/// <summary>
/// Ends a rotation of the CA when every node has a certificate by the new root. What is done before stands with others: the rotation is
/// in the store, sessions tell their nodes who issues, nodes ask and say what they have.
/// </summary>
public sealed partial class RootRotationLoop(IStore store, IJoinTokenSource tokens, TimeProvider time, ILogger<RootRotationLoop> log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private readonly ILogger _log = log;

    /// <summary>Runs until the term is over or the token is cancelled, and then just returns, as every loop of the leader.</summary>
    public async Task RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            var seen = store.Current;
            while (true)
            {
                if (RootRotationPlan.Finished(seen, tokens) is { } finished && !await TryFinishAsync(finished, term, cancel)) seen = store.Current;
                else seen = await store.WaitNewerAsync(seen.Revision, cancel);
            }
        }
        catch (Exception e) when (e is NotLeaderException || cancel.IsCancellationRequested)
        {
            // another leads, or the manager stops
        }
    }

    private async Task<bool> TryFinishAsync(Cluster finished, LeaderTerm term, CancellationToken cancel)
    {
        var changes = new Changes();
        changes.Put(finished);
        try
        {
            await store.CommitAsync(changes, term, cancel);
            LogFinished();
            return true;
        }
        catch (SequenceConflictException)
        {
            // The swarm's settings were changed, or another rotation begun: that is seen next.
            return true;
        }
        catch (SkeinException e) when (!cancel.IsCancellationRequested)
        {
            LogNotFinished(e.Message);
            await Task.Delay(RetryPause, time, cancel);
            return false;
        }
    }

    [LoggerMessage(2350, LogLevel.Information, "The rotation of the CA is complete: all nodes have certificates by the new root, and the join tokens are new")]
    private partial void LogFinished();

    [LoggerMessage(2351, LogLevel.Warning, "The rotation of the CA is complete, and that could not be written down yet: {Reason}")]
    private partial void LogNotFinished(string reason);
}
