using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Callers;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Tests.Dispatch;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Callers;

/// <summary>Who may call what is decided before a byte of the body is read, by certificate and by the state of now.</summary>
public sealed class CallerAuthorizationTests : IDisposable
{
    private const string Issue = "/skein.CertificateAuthority/IssueNodeCertificate";
    private const string Session = "/skein.Dispatcher/Session";
    private const string PublishLogs = "/skein.Dispatcher/PublishLogs";
    private const string ReadLogs = "/skein.NodeLogs/Read";
    private const string AskPresence = "/skein.Presence/Ask";
    private const string AddManager = "/skein.Membership/AddManager";
    private const string RemoveManager = "/skein.Membership/RemoveManager";

    private readonly CryptoIdSource _ids = new();
    private readonly RootAuthority _authority = RootAuthority.Create(TimeProvider.System, new CryptoIdSource());
    private readonly MemoryStore _store = new();
    private readonly CallerAuthorization _authorization;

    public CallerAuthorizationTests()
    {
        var identity = new NodeIdentity("/none", Credentials("m1", NodeRole.Manager), TimeProvider.System);
        _authorization = new(identity, _store, TimeProvider.System, NullLogger<CallerAuthorization>.Instance);
        _store.Commit(c =>
        {
            c.Put(SwarmSketch.Node("m1", "192.168.56.11", NodeRole.Manager));
            c.Put(SwarmSketch.Node("demoted", "192.168.56.12"));
            c.Put(SwarmSketch.Node("w1", "192.168.56.13"));
        });
    }

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(Issue, StatusCode.OK)]
    [InlineData(Session, StatusCode.Unauthenticated)]
    [InlineData(PublishLogs, StatusCode.Unauthenticated)]
    [InlineData(ReadLogs, StatusCode.Unauthenticated)]
    [InlineData(AskPresence, StatusCode.Unauthenticated)]
    [InlineData(AddManager, StatusCode.Unauthenticated)]
    [InlineData(RemoveManager, StatusCode.Unauthenticated)]
    [InlineData("/skein.Dispatcher/Other", StatusCode.Unimplemented)]
    public Task A_stranger_may_ask_for_a_certificate_alone(string path, StatusCode expected) => IsAnsweredAsync(Call(path), expected);

    [Theory]
    [InlineData("m1", NodeRole.Manager, ReadLogs, StatusCode.OK)]
    [InlineData("m1", NodeRole.Manager, AskPresence, StatusCode.OK)]
    [InlineData("m1", NodeRole.Manager, AddManager, StatusCode.OK)]
    [InlineData("m1", NodeRole.Manager, Session, StatusCode.OK)]
    [InlineData("w1", NodeRole.Worker, Session, StatusCode.OK)]
    [InlineData("w1", NodeRole.Worker, PublishLogs, StatusCode.OK)]
    [InlineData("w1", NodeRole.Worker, ReadLogs, StatusCode.PermissionDenied)]
    [InlineData("w1", NodeRole.Worker, AskPresence, StatusCode.PermissionDenied)]
    [InlineData("demoted", NodeRole.Manager, AskPresence, StatusCode.PermissionDenied)]
    [InlineData("w1", NodeRole.Worker, RemoveManager, StatusCode.PermissionDenied)]
    [InlineData("demoted", NodeRole.Manager, ReadLogs, StatusCode.PermissionDenied)]
    [InlineData("demoted", NodeRole.Manager, AddManager, StatusCode.PermissionDenied)]
    [InlineData("demoted", NodeRole.Manager, RemoveManager, StatusCode.OK)]
    [InlineData("demoted", NodeRole.Manager, Session, StatusCode.OK)]
    [InlineData("removed", NodeRole.Worker, Session, StatusCode.PermissionDenied)]
    [InlineData("removed", NodeRole.Worker, PublishLogs, StatusCode.PermissionDenied)]
    [InlineData("removed", NodeRole.Manager, ReadLogs, StatusCode.PermissionDenied)]
    [InlineData("removed", NodeRole.Manager, AddManager, StatusCode.PermissionDenied)]
    public Task A_certificate_opens_what_the_state_grants_its_node(string node, NodeRole role, string path, StatusCode expected) =>
        IsAnsweredAsync(Call(path, Credentials(node, role)), expected);

    [Fact]
    public async Task Who_has_joined_by_another_manager_a_moment_ago_is_waited_for()
    {
        var call = _authorization.InvokeAsync(Call(Session, Credentials("new", NodeRole.Worker)), Done);
        _store.Commit(c => c.Put(SwarmSketch.Node("new", "192.168.56.14")));
        await call.WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task What_is_open_ends_when_its_caller_is_demoted()
    {
        var call = Call(ReadLogs, Credentials("m2", NodeRole.Manager));
        var abort = new AbortSeen();
        call.Features.Set<IHttpRequestLifetimeFeature>(abort);
        _store.Commit(c => c.Put(SwarmSketch.Node("m2", "192.168.56.15", NodeRole.Manager)));
        var entered = new TaskCompletionSource();
        var served = _authorization.InvokeAsync(call, async context =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await entered.Task.WaitAsync(Poll.Patience);
        Assert.False(served.IsCompleted);

        var demoted = _store.Current.Nodes.Find("m2")!.Clone();
        demoted.Spec.Role = NodeRole.Worker;
        _store.Commit(c => c.Put(demoted));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => served.WaitAsync(Poll.Patience));
        Assert.True(abort.RequestAborted.IsCancellationRequested);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("GZIP")]
    public async Task Nothing_compressed_is_taken_of_anybody(string coding)
    {
        foreach (var credentials in new[] { null, Credentials("m1", NodeRole.Manager) })
        {
            var call = Call(Issue, credentials);
            call.Request.Headers["grpc-encoding"] = coding;
            await IsAnsweredAsync(call, StatusCode.Unimplemented);
        }
    }

    [Fact]
    public async Task Who_says_how_much_comes_is_refused_at_once()
    {
        var call = Call(Issue);
        call.Request.ContentLength = 1 << 20;
        await IsAnsweredAsync(call, StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Strangers_have_some_calls_at_once_and_no_more()
    {
        var hold = new TaskCompletionSource();
        var held = Enumerable.Range(0, 16).Select(_ => _authorization.InvokeAsync(Call(Issue), _ => hold.Task)).ToList();
        await IsAnsweredAsync(Call(Issue), StatusCode.ResourceExhausted);
        await IsAnsweredAsync(Call(Issue, Credentials("w1", NodeRole.Worker)), StatusCode.OK);
        hold.SetResult();
        await Task.WhenAll(held);
        await IsAnsweredAsync(Call(Issue), StatusCode.OK);
    }

    [Fact]
    public async Task A_node_asks_for_some_certificates_at_once_and_no_more()
    {
        var hold = new TaskCompletionSource();
        var held = Enumerable.Range(0, 4).Select(_ => _authorization.InvokeAsync(Call(Issue, Credentials("w1", NodeRole.Worker)), _ => hold.Task)).ToList();
        await IsAnsweredAsync(Call(Issue, Credentials("w1", NodeRole.Worker)), StatusCode.ResourceExhausted);
        await IsAnsweredAsync(Call(Session, Credentials("w1", NodeRole.Worker)), StatusCode.OK);
        await IsAnsweredAsync(Call(Issue, Credentials("m1", NodeRole.Manager)), StatusCode.OK);
        hold.SetResult();
        await Task.WhenAll(held);
        await IsAnsweredAsync(Call(Issue, Credentials("w1", NodeRole.Worker)), StatusCode.OK);
    }

    private static Task Done(HttpContext context) => Task.CompletedTask;

    private async Task IsAnsweredAsync(HttpContext call, StatusCode expected)
    {
        var served = false;
        await _authorization.InvokeAsync(call, _ =>
        {
            served = true;
            return Task.CompletedTask;
        });
        Assert.Equal(expected == StatusCode.OK, served);
        if (expected != StatusCode.OK) Assert.Equal($"{(int)expected}", call.Response.Headers["grpc-status"]);
    }

    private static DefaultHttpContext Call(string path, NodeCredentials? caller = null)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        context.Request.Body = new UnreadStream();
        context.Connection.RemoteIpAddress = IPAddress.Parse("192.168.56.99");
        context.Connection.ClientCertificate = caller?.Certificate;
        return context;
    }

    private NodeCredentials Credentials(string node, NodeRole role)
    {
        var signing = CertificateSigningRequest.Create([]);
        return NodeCredentials.Create(
            _authority.Issue(signing.Pem, new(node, role, "swarm"), TimeSpan.FromDays(1)), signing.KeyPem, _authority.CertificatePem);
    }

    private sealed class UnreadStream : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("the body was read");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("the body was read");
    }

    private sealed class AbortSeen : IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _aborted = new();

        public CancellationToken RequestAborted { get => _aborted.Token; set => throw new NotSupportedException(); }

        public void Abort() => _aborted.Cancel();
    }
}
