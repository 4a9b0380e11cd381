using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Session;
using Skein.Model;
using Skein.Model.Validation;
using Skein.Tests.Orchestration;
using Xunit;

namespace Skein.Tests.Session;

/// <summary>Legs of users' containers, from the node's side.</summary>
public class OverlayAttachmentsTests
{
    private static readonly string Container = new('c', 64);

    private readonly FakeTimeProvider _time = new();
    private readonly AssignmentState _assignments = new();
    private readonly OverlayAttachments _attachments;

    public OverlayAttachmentsTests() => _attachments = new(_assignments, new CountedIds(), _time, NullLoggerFactory.Instance);

    [Fact]
    public async Task A_leg_is_wished_and_waited_for()
    {
        var talk = await BeginTalkAsync();
        var given = AttachAsync();
        var wish = Assert.Single((await talk.NextAsync(Poll.Soon)).Put);
        Assert.Equal("net", wish.Network);
        Publish(wish.Id);
        Assert.Equal($"n1/{wish.Id}", (await given.WaitAsync(Poll.Soon)).Id);
        _attachments.GiveBack(Container);
        Assert.Equal(wish.Id, Assert.Single((await talk.NextAsync(Poll.Soon)).Removed));
    }

    [Fact]
    public async Task A_refusal_is_told_in_its_words_and_the_wish_is_withdrawn()
    {
        var talk = await BeginTalkAsync();
        var given = AttachAsync();
        var wish = Assert.Single((await talk.NextAsync(Poll.Soon)).Put);
        _attachments.Refused(new() { Id = wish.Id, Kind = AttachmentRefusalKind.Forbidden, Reason = "Address already in use" });
        var refused = await Assert.ThrowsAsync<SkeinException>(() => given.WaitAsync(Poll.Soon));
        Assert.Equal((ErrorKind.Forbidden, "Address already in use"), (refused.Kind, refused.Message));
        Assert.Equal(wish.Id, Assert.Single((await talk.NextAsync(Poll.Soon)).Removed));
    }

    [Fact]
    public async Task Nobody_waits_longer_than_the_limit()
    {
        Begin();
        Publish();
        var given = AttachAsync();
        _time.Advance(OverlayAttachments.Patience);
        var late = await Assert.ThrowsAsync<SkeinException>(() => given.WaitAsync(Poll.Soon));
        Assert.Equal((ErrorKind.Unavailable, "Could not attach to network net: no manager of the swarm has answered for 20 s"), (late.Kind, late.Message));
    }

    [Fact]
    public async Task Who_waits_goes_when_its_container_is_to_end()
    {
        var talk = await BeginTalkAsync();
        using var waiting = new CancellationTokenSource();
        var given = AttachAsync(waiting.Token);
        var wish = Assert.Single((await talk.NextAsync(Poll.Soon)).Put);
        await waiting.CancelAsync();
        var ended = await Assert.ThrowsAsync<SkeinException>(() => given.WaitAsync(Poll.Soon));
        Assert.Equal((ErrorKind.Conflict, "Could not attach to network net: the container ends, or is to end, and no manager of the swarm has answered before"), (ended.Kind, ended.Message));
        Assert.Equal(wish.Id, Assert.Single((await talk.NextAsync(Poll.Soon)).Removed));
        // What has been given is had without a wait.
        Publish($"{Container}/0/before");
        _attachments.Keep(new() { Id = $"{Container}/0/before", Network = "net" });
        Assert.Equal($"n1/{Container}/0/before", (await AttachAsync(waiting.Token).WaitAsync(Poll.Soon)).Id);
    }

    [Fact]
    public async Task Who_waits_goes_when_the_host_leaves_its_swarm()
    {
        var talk = await BeginTalkAsync();
        var given = AttachAsync();
        await talk.NextAsync(Poll.Soon);
        _attachments.Clear();
        var left = await Assert.ThrowsAsync<SkeinException>(() => given.WaitAsync(Poll.Soon));
        Assert.Equal("This node is not part of a swarm", left.Message);
    }

    [Fact]
    public async Task A_host_in_no_swarm_has_no_such_network()
    {
        var given = AttachAsync();
        _attachments.Begin(() => false);
        var none = await Assert.ThrowsAsync<SkeinException>(() => given.WaitAsync(Poll.Soon));
        Assert.Equal((ErrorKind.NotFound, "network net not found"), (none.Kind, none.Message));
    }

    [Fact]
    public async Task What_an_earlier_daemon_was_given_is_had_without_a_manager()
    {
        Begin();
        Publish($"{Container}/0/before");
        Assert.Equal($"n1/{Container}/0/before", (await AttachAsync().WaitAsync(Poll.Soon)).Id);
        // A manager hears of it as it was, and that this is all only when that is known.
        var talk = _attachments.Talk();
        var first = await talk.NextAsync(Poll.Soon);
        Assert.Equal((null, $"{Container}/0/before"), (first.All, first.Put.Single().Id));
        _attachments.Recovered();
        var all = await talk.NextAsync(Poll.Soon);
        Assert.Equal($"{Container}/0/before", Assert.Single(all.All.Ids));
    }

    [Fact]
    public async Task One_that_has_ended_for_good_is_given_another_leg()
    {
        Begin();
        Publish($"{Container}/0/before");
        _attachments.Recovered();
        var talk = _attachments.Talk();
        Assert.Empty((await talk.NextAsync(Poll.Soon)).All.Ids);
        _ = AttachAsync();
        Assert.NotEqual($"{Container}/0/before", (await talk.NextAsync(Poll.Soon)).Put.Single().Id);
    }

    [Fact]
    public async Task One_that_waits_for_its_restart_keeps_its_leg_and_loses_its_names()
    {
        Begin();
        Publish($"{Container}/0/before");
        await AttachAsync().WaitAsync(Poll.Soon);
        _attachments.Recovered();
        var talk = _attachments.Talk();
        await talk.NextAsync(Poll.Soon);
        Assert.NotNull((await talk.NextAsync(Poll.Soon)).All);
        _attachments.Rest(Container);
        Assert.True((await talk.NextAsync(Poll.Soon)).Put.Single().Idle);
        Assert.Equal($"n1/{Container}/0/before", (await AttachAsync().WaitAsync(Poll.Soon)).Id);
        Assert.False((await talk.NextAsync(Poll.Soon)).Put.Single().Idle);
    }

    [Fact]
    public async Task What_no_manager_would_take_is_not_sent()
    {
        Begin();
        Publish();
        var wish = new AttachmentWish { Network = "net", Names = { Enumerable.Range(0, 65).Select(number => $"a{number}") } };
        var refused = await Assert.ThrowsAsync<SkeinException>(() => _attachments.AttachAsync(Container, 0, wish, CancellationToken.None, CancellationToken.None));
        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        _attachments.Recovered();
        Assert.Empty((await _attachments.Talk().NextAsync(Poll.Soon)).All.Ids);
    }

    [Fact]
    public async Task A_leg_that_has_the_number_of_another_networks_is_another_leg()
    {
        Begin();
        Publish($"{Container}/0/before");
        await AttachAsync().WaitAsync(Poll.Soon);
        _attachments.Rest(Container);
        var talk = _attachments.Talk();
        await talk.NextAsync(Poll.Soon);
        _ = _attachments.AttachAsync(Container, 0, new() { Network = "other", Names = { "c" } }, CancellationToken.None, CancellationToken.None);
        var words = await talk.NextAsync(Poll.Soon);
        Assert.Equal($"{Container}/0/before", Assert.Single(words.Removed));
        Assert.NotEqual($"{Container}/0/before", Assert.Single(words.Put).Id);
    }

    [Fact]
    public async Task What_was_kept_for_a_network_that_it_is_on_no_more_goes_back()
    {
        Begin();
        Publish($"{Container}/0/before");
        await AttachAsync().WaitAsync(Poll.Soon);
        var talk = _attachments.Talk();
        await talk.NextAsync(Poll.Soon);
        _attachments.KeepOnly(Container, [0]);
        _attachments.KeepOnly(Container, [1]);
        Assert.Equal($"{Container}/0/before", Assert.Single((await talk.NextAsync(Poll.Soon)).Removed));
    }

    [Fact]
    public async Task Many_are_told_in_messages_that_a_manager_takes()
    {
        Publish();
        var names = Enumerable.Range(0, 10).Select(number => new string('n', 90) + number).ToList();
        for (var number = 0; number < 2000; number++) _attachments.Keep(new() { Id = $"{Container}/{number}/x", Network = "net", Names = { names } });
        _attachments.Recovered();
        var talk = _attachments.Talk();
        var heard = 0;
        while (await talk.NextAsync(Poll.Soon) is { All: null } words)
        {
            Assert.True(words.CalculateSize() < MessageBounds.MostOfNode);
            heard += words.Put.Count;
        }
        Assert.Equal(2000, heard);
    }

    [Fact]
    public async Task A_new_session_hears_all_again()
    {
        Begin();
        Publish($"{Container}/0/before");
        await AttachAsync().WaitAsync(Poll.Soon);
        _attachments.Recovered();
        await _attachments.Talk().NextAsync(Poll.Soon);
        Assert.Equal($"{Container}/0/before", (await _attachments.Talk().NextAsync(Poll.Soon)).Put.Single().Id);
    }

    /// <summary>In a swarm, with no leg given or wished.</summary>
    private async Task<AttachmentTalk> BeginTalkAsync()
    {
        Begin();
        Publish();
        _attachments.Recovered();
        var talk = _attachments.Talk();
        Assert.Empty((await talk.NextAsync(Poll.Soon)).All.Ids);
        return talk;
    }

    private void Begin() => _attachments.Begin(() => true);

    private Task<OverlayEndpoint> AttachAsync(CancellationToken waiting = default) => _attachments.AttachAsync(Container, 0, new() { Network = "net", Names = { "c" } }, waiting, CancellationToken.None);

    private void Publish(params string[] given) => _assignments.Publish(NodeAssignments.Empty with
    {
        Local = new LocalNode("n1", "192.168.56.11", 4789),
        Networks = ImmutableDictionary<string, OverlayNetwork>.Empty.Add("net", new() { Id = "net", Name = "net" }),
        Endpoints = given.ToImmutableDictionary(id => $"n1/{id}", id => new OverlayEndpoint { Id = $"n1/{id}", NetworkId = "net", NodeId = "n1" }),
    });
}
