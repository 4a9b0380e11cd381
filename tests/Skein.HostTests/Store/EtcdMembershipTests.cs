using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Etcd;
using Skein.Manager.Members;
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
        await using var membership = new EtcdMembership(one.Client, one.Process, "test", new FastClock(), NullLogger<EtcdMembership>.Instance);
        one.Process.ExpectCompany();
        await one.Process.WaitReadyAsync(one.Client, Poll.Patience, default);
        // Added by a manager that died before it could promote it, as its host did.
        var left = new MemberAddRequest { IsLearner = true, PeerURLs = { $"https://127.0.0.1:{LoopbackPorts.Take()}" } };
        await DoneAsync("a learner is added", () => one.Client.Members.MemberAddAsync(left).ResponseAsync);

        var peer = $"https://127.0.0.1:{LoopbackPorts.Take()}";
        await DoneAsync("a manager is added", () => membership.AddAsync("m2", peer, default));
    }

    [Fact]
    public async Task A_manager_whose_adding_was_answered_too_late_is_added()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var one = members[0];
        using var client = new EtcdClient(one.Options.SocketPath, one.Identity) { Members = new LateAnswer(one.Client.Members) };
        await using var membership = new EtcdMembership(client, one.Process, "test", TimeProvider.System, NullLogger<EtcdMembership>.Instance);

        var peer = $"https://127.0.0.1:{LoopbackPorts.Take()}";
        var (added, all) = await membership.AddAsync("m2", peer, default);

        Assert.Equal([peer], Assert.Single((await client.Members.MemberListAsync(new())).Members, member => member.ID == added).PeerURLs);
        Assert.Equal(("m2", peer), all.Select(member => (member.Name, member.PeerUrl)).Single(member => member.PeerUrl == peer));
    }

    [Fact]
    public async Task A_manager_that_comes_again_within_the_second_is_added_again()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var one = members[0];
        await using var membership = new EtcdMembership(one.Client, one.Process, "test", TimeProvider.System, NullLogger<EtcdMembership>.Instance);
        var peer = $"https://127.0.0.1:{LoopbackPorts.Take()}";

        var ids = new HashSet<ulong>();
        for (var i = 0; i < 3; i++) ids.Add((await membership.AddAsync("m2", peer, default)).MemberId);

        Assert.Equal(3, ids.Count);
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

    /// <summary>The first member is added, but the answer is not heard.</summary>
    private sealed class LateAnswer(Cluster.ClusterClient etcd) : Cluster.ClusterClient
    {
        private bool _heard;

        public override AsyncUnaryCall<MemberAddResponse> MemberAddAsync(MemberAddRequest request, CallOptions options)
        {
            var call = etcd.MemberAddAsync(request, options);
            return _heard ? call : new(LoseAsync(call), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        public override AsyncUnaryCall<MemberListResponse> MemberListAsync(MemberListRequest request, CallOptions options) => etcd.MemberListAsync(request, options);

        public override AsyncUnaryCall<MemberPromoteResponse> MemberPromoteAsync(MemberPromoteRequest request, CallOptions options) => etcd.MemberPromoteAsync(request, options);

        private async Task<MemberAddResponse> LoseAsync(AsyncUnaryCall<MemberAddResponse> call)
        {
            await call;
            _heard = true;
            throw new RpcException(new(StatusCode.DeadlineExceeded, ""));
        }
    }

    /// <summary>Its minutes pass in two seconds; its timers are real.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() * 30;
    }
}
