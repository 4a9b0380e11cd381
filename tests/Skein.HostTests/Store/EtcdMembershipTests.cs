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
        await one.Process.WaitReadyAsync(one.Client, EtcdMembers.Deadline, default);
        // Added by a manager that died before it could promote it, as its host did.
        var left = new MemberAddRequest { IsLearner = true, PeerURLs = { $"https://127.0.0.1:{LoopbackPorts.Take()}" } };
        await Until("a learner", async () => (await one.Client.Members.MemberAddAsync(left)).Member.IsLearner);

        var peer = $"https://127.0.0.1:{LoopbackPorts.Take()}";
        await Until("place for a manager", async () => (await membership.AddAsync("m2", peer, default)).MemberId != 0);
    }

    private static async Task Until(string what, Func<Task<bool>> attempt)
    {
        using var deadline = new CancellationTokenSource(EtcdMembers.Deadline);
        var last = "";
        while (!deadline.IsCancellationRequested)
        {
            try
            {
                if (await attempt()) return;
            }
            catch (RpcException e)
            {
                last = e.Status.Detail;
            }
        }
        throw new TimeoutException($"no {what} within {EtcdMembers.Deadline}: {last}");
    }

    /// <summary>Its minutes pass in two seconds; its timers are real.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() * 30;
    }
}
