using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Peers;
using Skein.Agent.Session;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Peers;

public class PeerQuestionTests
{
    [Fact]
    public void Only_an_answer_of_the_right_form_is_one()
    {
        var message = new byte[PeerQuestion.Length];
        PeerQuestion.Write(message, 0x0123456789abcdef);
        Assert.False(PeerQuestion.TryReadAnswer(message, out _));   // our own question
        message[0] = 0;
        Assert.True(PeerQuestion.TryReadAnswer(message, out var secret));
        Assert.Equal(0x0123456789abcdefu, secret);
        Assert.False(PeerQuestion.TryReadAnswer(message.AsSpan(1), out _));
        Assert.False(PeerQuestion.TryReadAnswer([.. message, 0], out _));
        Assert.False(PeerQuestion.TryReadAnswer([], out _));
        message[1] = 1;
        Assert.False(PeerQuestion.TryReadAnswer(message, out _));
    }

    [Fact]
    public void Nodes_with_ready_tasks_are_asked_by_their_ingress_legs()
    {
        OverlayEndpoint[] endpoints =
        [
            Task("t1", "me"), Task("t2", "n2"), Task("t3", "n3", ready: false), Leg("me", "10.0.0.2/24"), Leg("n2", "10.0.0.3/24"), Leg("n3", "10.0.0.4/24"), Leg("n4", "10.0.0.5/24"),
        ];
        var told = NodeAssignments.Empty with
        {
            Local = new("me", "192.168.56.11", 4789),
            Networks = ImmutableDictionary<string, OverlayNetwork>.Empty.Add("ni", new() { Id = "ni", Ingress = true }),
            Endpoints = endpoints.ToImmutableDictionary(e => e.Id),
        };
        Assert.Equal([KeyValuePair.Create("n2", IPAddress.Parse("10.0.0.3"))], PeerAddresses.Of(told));
    }

    [Fact]
    public void What_was_told_is_kept_beside_what_holds()
    {
        var state = new AssignmentState();
        var told = NodeAssignments.Empty with { Endpoints = new[] { Task("t2", "n2"), Task("t3", "n3") }.ToImmutableDictionary(e => e.Id) };
        state.Publish(told);
        state.Silence(["n2"]);
        Assert.Equal(2, state.Generation);
        Assert.Equal([false, true], new[] { "t2/n", "t3/n" }.Select(id => state.Current.Endpoints[id].Ready));
        Assert.Same(told, state.Told);
        state.Silence(["n2"]);
        Assert.Equal(2, state.Generation);
        state.Publish(told with { Sequence = 7 });
        Assert.False(state.Current.Endpoints["t2/n"].Ready);
        state.Silence([]);
        Assert.Same(state.Told, state.Current);
    }

    private static OverlayEndpoint Task(string id, string node, bool ready = true) =>
        new() { Id = $"{id}/n", TaskId = id, NodeId = node, NetworkId = "n", Ready = ready };

    private static OverlayEndpoint Leg(string node, string address) => new() { Id = $"{node}/ni", NodeId = node, NetworkId = "ni", Addresses = { address } };
}
