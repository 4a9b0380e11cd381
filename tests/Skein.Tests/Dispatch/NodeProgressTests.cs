using Skein.Manager.Dispatch;
using Xunit;

namespace Skein.Tests.Dispatch;

public class NodeProgressTests
{
    [Fact]
    public void What_changes_nothing_for_a_node_needs_no_answer() =>
        Assert.Equal(7ul, NodeProgress.Nothing.Telling(7, null).Confirmed);

    [Fact]
    public void A_change_holds_the_node_just_before_its_revision_until_it_is_programmed()
    {
        var told = NodeProgress.Nothing.Telling(7, null).Telling(8, 1).Telling(9, null).Telling(10, 2).Telling(11, null);
        Assert.Equal(7ul, told.Confirmed);
        Assert.Equal(9ul, told.Programmed(1).Confirmed);
        Assert.Equal(11ul, told.Programmed(2).Confirmed);
        Assert.Equal(11ul, told.Programmed(1).Programmed(2).Confirmed);
    }

    [Fact]
    public void An_answer_that_nothing_was_told_for_counts_for_nothing() =>
        Assert.Equal(7ul, NodeProgress.Nothing.Telling(7, null).Programmed(99).Confirmed);

    [Fact]
    public void A_new_session_begins_its_sequences_anew_and_does_not_go_back()
    {
        var before = NodeProgress.Nothing.Telling(7, 1).Programmed(1).Telling(8, 2);
        var anew = before.Anew().Telling(20, 1);
        Assert.Equal(7ul, anew.Confirmed);
        Assert.Equal(20ul, anew.Programmed(1).Confirmed);
    }

    [Fact]
    public void A_node_that_never_answers_costs_no_memory_and_is_believed_late_rather_than_early()
    {
        var told = NodeProgress.Nothing;
        for (ulong i = 1; i <= 1000; i++) told = told.Telling(100 + i, i);
        Assert.Equal(NodeProgress.MostOpen, told.Open.Count);
        Assert.Equal(163ul, told.Programmed(999).Confirmed);
        Assert.Equal(1100ul, told.Programmed(1000).Confirmed);
    }
}
