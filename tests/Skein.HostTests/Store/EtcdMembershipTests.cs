using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Certificates;
using Skein.Manager.Etcd;
using Skein.Manager.Store;
using Xunit;

namespace Skein.HostTests.Store;

public class EtcdMembershipTests
{
    [Fact]
    public async Task A_learner_that_was_left_behind_does_not_keep_managers_out_for_good()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var one = members[0];
        await using var membership = new EtcdMembership(one.Client, one.Process, members.StoreKey, "test", new FastClock(), NullLogger<EtcdMembership>.Instance);
        one.Process.ExpectCompany();
        await one.Process.WaitReadyAsync(one.Client, Poll.Patience, default);
        // Added by a manager that died before it could promote it, as its host did.
        var left = new MemberAddRequest { IsLearner = true, PeerURLs = { $"https://127.0.0.1:{LoopbackPorts.Take()}" } };
        await DoneAsync("a learner is added", () => one.Client.Members.MemberAddAsync(left).ResponseAsync);

        var peer = $"https://127.0.0.1:{LoopbackPorts.Take()}";
        await DoneAsync("a manager is added", () => membership.AddAsync("m2", peer, default));
    }

    private static Task DoneAsync(string what, Func<Task> attempt) => Poll.UntilAsync(
        what,
        async () =>
        {
            try
            {
                await attempt();
                return "";
            }
            catch (RpcException e)
            {
                return e.Status.Detail;
            }
        },
        refusal => refusal.Length == 0);

    /// <summary>Its minutes pass in two seconds; its timers are real.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() * 30;
    }
}
