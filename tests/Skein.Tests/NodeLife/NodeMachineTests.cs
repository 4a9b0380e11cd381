using CsCheck;
using Skein.Model;
using Skein.NodeLife;
using Xunit;

namespace Skein.Tests.NodeLife;

/// <summary>Stories of a node: what happens, what it does about it, and what it is by that.</summary>
public class NodeMachineTests
{
    private static readonly Disk s_worker = new Disk.Node(Part.Worker, "");
    private static readonly Disk s_manager = new Disk.Node(Part.Manager, "");

    [Fact]
    public void A_host_in_no_swarm_does_nothing() => LifeStory.Of(new Disk.Nothing()).Tells(
        """
        daemon starts
        """);

    [Fact]
    public void What_cannot_be_read_is_left_alone_until_somebody_leaves() =>
        LifeStory.Of(new Disk.Unreadable("it is torn")).Init().Leave().Tells(
        """
        daemon starts
        = Error (it is torn)
        init
          refuse init: This node is already part of a swarm
        leave
          Forget
        = Inactive
          answer leave
        """);

    [Fact]
    public void A_worker_takes_up_its_session_and_is_active_when_greeted() =>
        LifeStory.Of(s_worker).Welcome(NodeRole.Worker, NodeRole.Worker).Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        welcome as Worker
        = Active, worker
        """);

    [Fact]
    public void A_manager_waits_for_the_others_as_long_as_it_takes() =>
        LifeStory.Nothing().Lasting("OpenState").Started(s_manager).Welcome(NodeRole.Manager, NodeRole.Manager).Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
        welcome as Manager
        OpenState is done
          Announce
          Serve
        = Active, serving manager
        """);

    [Fact]
    public void A_state_that_cannot_be_opened_is_tried_again() =>
        LifeStory.Nothing().Lasting("Pause").Failing("Serve").Started(s_manager).Done().Working("Serve").Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
          Announce
          Serve
          Pause 1 s
        Pause is done
          StartState
          OpenState
          Announce
          Serve
          Pause 1 s
        Pause is done
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        """);

    [Fact]
    public void An_etcd_that_cannot_be_started_is_said_and_tried_again() =>
        LifeStory.Nothing().Lasting("Pause").Failing("StartState").Started(s_manager).Working("StartState").Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
        = Error, manager (no luck)
          Pause 1 s
        Pause is done
          StartState
        = Pending, manager
          OpenState
          Announce
          Serve
        = Active, serving manager
        """);

    [Fact]
    public void Who_begins_a_swarm_is_its_manager() => LifeStory.Nothing().Init().Tells(
        """
        init
          Check
          Found
        = Pending, manager
          StartState
          OpenState
          Birth
          Serve
          AwaitLeader
        = Pending, serving manager
          StartAgent
        = Active, serving manager
          AwaitSession
          answer init
        """);

    [Theory]
    [InlineData("Check")]
    [InlineData("Found")]
    [InlineData("StartState")]
    [InlineData("OpenState")]
    [InlineData("Birth")]
    [InlineData("Serve")]
    [InlineData("AwaitLeader")]
    [InlineData("StartAgent")]
    public void An_init_that_fails_at_any_step_leaves_the_host_as_it_was(string step)
    {
        var story = LifeStory.Nothing().Failing(step).Init();
        Assert.Equal(Life.Inactive, story.Life);
        Assert.Equal(step != "Check", story.Did("Forget"));
        Assert.True(story.Did("refuse init: no luck"));
        Assert.True(story.Working(step).Init().Did("answer init"));
    }

    [Fact]
    public void A_worker_joins() => LifeStory.Nothing().Join().Tells(
        """
        join
          Check
          AskToJoin
        = Pending, worker
          StartAgent
          AwaitSession
        = Active, worker
          answer join
        """);

    [Fact]
    public void A_manager_joins_and_has_its_session_last() => LifeStory.Nothing().WithManagersToken().Join().Tells(
        """
        join
          Check
          AskToJoin
        = Pending, worker
          AskToBeManager
          StartState
          OpenState
          Serve
        = Pending, serving manager
          StartAgent
          AwaitSession
        = Active, serving manager
          answer join
        """);

    [Theory]
    [InlineData("Check", false, false)]
    [InlineData("AskToJoin", false, false)]
    [InlineData("AskToBeManager", true, true)]
    [InlineData("StartState", true, true)]
    [InlineData("OpenState", true, true)]
    [InlineData("Serve", true, true)]
    [InlineData("StartAgent", true, false)]
    public void A_join_that_fails_at_any_step_leaves_the_host_as_it_was_and_no_member_behind(string step, bool manager, bool withdraws)
    {
        var story = LifeStory.Nothing().Failing(step);
        if (manager) story.WithManagersToken();
        story.Join();
        Assert.Equal(Life.Inactive, story.Life);
        Assert.Equal(withdraws, story.Did("Withdraw"));
        Assert.True(story.Did("refuse join: no luck"));
    }

    [Fact]
    public void A_session_that_takes_long_is_complained_of_and_waited_for_all_the_same() =>
        LifeStory.Nothing().Failing("AwaitSession").Join().Welcome(NodeRole.Worker, NodeRole.Worker).Tells(
        """
        join
          Check
          AskToJoin
        = Pending, worker
          StartAgent
          AwaitSession
          refuse join: no luck
        welcome as Worker
        = Active, worker
        """);

    [Fact]
    public void What_is_left_of_a_failed_init_and_cannot_be_removed_is_shown() =>
        LifeStory.Nothing().Failing("Serve").Failing("Forget").Init().Working("Forget").Leave(force: true).Tells(
        """
        init
          Check
          Found
        = Pending, manager
          StartState
          OpenState
          Birth
          Serve
          Forget
        = Error (what this host has of the swarm cannot be removed: no luck. "docker swarm leave --force" tries again)
          refuse init: no luck
        leave --force
          Forget
        = Inactive
          answer leave
        """);

    [Fact]
    public void A_worker_is_promoted_and_demoted() =>
        LifeStory.Of(s_worker).Welcome(NodeRole.Worker, NodeRole.Worker)
            .Welcome(NodeRole.Manager, NodeRole.Worker, missing: true).Welcome(NodeRole.Manager, NodeRole.Manager)
            .Welcome(NodeRole.Worker, NodeRole.Manager).Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        welcome as Worker
        = Active, worker
        welcome as Manager, missing
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          Serve
        = Active, serving manager
          say ""
        welcome as Manager
        welcome as Worker
          LeaveMembers
          StopManager
        = Active, worker
          Certify Worker
          say ""
        """);

    [Fact]
    public void A_manager_whose_member_was_taken_out_begins_anew_without_waiting_for_its_old_state() =>
        LifeStory.Nothing().Lasting("OpenState").Started(s_manager).Welcome(NodeRole.Manager, NodeRole.Manager, missing: true).Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
        welcome as Manager, missing
          CallOff
          LeaveMembers
          StopManager
        = Pending, worker
          AskToBeManager
          StartState
          OpenState
        OpenState is done
          Serve
        = Active, serving manager
          say ""
        """);

    [Fact]
    public void A_role_that_cannot_be_had_is_withdrawn_said_and_tried_again_with_growing_pauses() =>
        LifeStory.Of(s_worker).Lasting("Pause").Failing("OpenState").Welcome(NodeRole.Manager, NodeRole.Worker)
            .Done().Done().Done().Done().Done().Working("OpenState").Done().Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        welcome as Manager
        = Active, worker
          Certify Manager
          AskToBeManager
          StartState
          OpenState
        = Active, worker (this node cannot be a manager yet: no luck)
          say "this node cannot be a manager yet: no luck"
          Withdraw
          Pause 1 s
        Pause is done
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          say "this node cannot be a manager yet: no luck"
          Withdraw
          Pause 2 s
        Pause is done
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          say "this node cannot be a manager yet: no luck"
          Withdraw
          Pause 4 s
        Pause is done
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          say "this node cannot be a manager yet: no luck"
          Withdraw
          Pause 8 s
        Pause is done
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          say "this node cannot be a manager yet: no luck"
          Withdraw
          Pause 10 s
        Pause is done
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          say "this node cannot be a manager yet: no luck"
          Withdraw
          Pause 10 s
        Pause is done
          Certify Manager
          AskToBeManager
          StartState
          OpenState
          Serve
        = Active, serving manager
          say ""
        """);

    [Fact]
    public void A_role_that_nobody_wants_any_more_is_not_tried_again() =>
        LifeStory.Of(s_worker).Lasting("Pause").Failing("Certify").Welcome(NodeRole.Manager, NodeRole.Worker)
            .Welcome(NodeRole.Worker, NodeRole.Worker).Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        welcome as Manager
        = Active, worker
          Certify Manager
        = Active, worker (this node cannot be a manager yet: no luck)
          say "this node cannot be a manager yet: no luck"
          Pause 1 s
        welcome as Worker
          CallOff
        = Active, worker
          say ""
        """);

    [Fact]
    public void A_manager_that_is_a_member_still_does_not_end_its_state() =>
        LifeStory.Of(s_manager).Lasting("Pause").Failing("LeaveMembers").Welcome(NodeRole.Worker, NodeRole.Manager).Working("LeaveMembers").Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        welcome as Worker
          LeaveMembers
        = Active, serving manager (this node cannot be a worker yet: no luck)
          say "this node cannot be a worker yet: no luck"
          Pause 1 s
        Pause is done
          LeaveMembers
          StopManager
        = Active, worker (this node cannot be a worker yet: no luck)
          Certify Worker
        = Active, worker
          say ""
        """);

    [Fact]
    public void A_worker_leaves_and_a_manager_by_force_alone() =>
        LifeStory.Of(s_manager).Leave().Leave(force: true).Leave().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        leave
          refuse leave: You are attempting to leave the swarm on a node that is participating as a manager
        leave --force
          Forget
        = Inactive
          answer leave
        leave
          refuse leave: This node is not part of a swarm
        """);

    [Fact]
    public void A_leave_calls_off_what_waits_for_others() =>
        LifeStory.Nothing().Lasting("OpenState").Started(s_manager).Leave(force: true).Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
        leave --force
          CallOff
          Forget
        = Inactive
          answer leave
        """);

    [Fact]
    public void A_leave_calls_off_a_promotion_whose_member_is_taken_back_first() =>
        LifeStory.Of(s_worker).Lasting("OpenState").Welcome(NodeRole.Manager, NodeRole.Worker).Leave().Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        welcome as Manager
        = Active, worker
          Certify Manager
          AskToBeManager
          StartState
          OpenState
        leave
          CallOff
          Withdraw
          Forget
        = Inactive
          answer leave
        """);

    [Fact]
    public void A_leave_waits_for_a_join_and_what_is_asked_in_a_leave_for_its_end() =>
        LifeStory.Nothing().Lasting("AskToJoin").Join().Leave().Init().Done().Tells(
        """
        join
          Check
          AskToJoin
        leave
        init
        AskToJoin is done
        = Pending, worker
          StartAgent
          AwaitSession
        = Active, worker
          answer join
          Forget
        = Inactive
          answer leave
          Check
          Found
        = Pending, manager
          StartState
          OpenState
          Birth
          Serve
          AwaitLeader
        = Pending, serving manager
          StartAgent
        = Active, serving manager
          AwaitSession
          answer init
        """);

    [Fact]
    public void A_leave_that_fails_can_be_tried_again() =>
        LifeStory.Of(s_worker).Failing("Forget").Leave().Working("Forget").Leave().Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        leave
          Forget
        = Error (what this host has of the swarm cannot be removed: no luck. "docker swarm leave --force" tries again)
          refuse leave: no luck
        leave
          Forget
        = Inactive
          answer leave
        """);

    [Fact]
    public void What_a_killed_daemon_has_begun_or_not_left_to_the_end_is_removed() => LifeStory.Of(new Disk.Unfinished()).Init().Tells(
        """
        daemon starts
          Forget
        init
          Check
          Found
        = Pending, manager
          StartState
          OpenState
          Birth
          Serve
          AwaitLeader
        = Pending, serving manager
          StartAgent
        = Active, serving manager
          AwaitSession
          answer init
        """);

    [Fact]
    public void A_daemon_that_stops_ends_what_is_under_way_and_answers_all_who_wait() =>
        LifeStory.Nothing().Lasting("OpenState").Init().Join().Stop().Leave().Tells(
        """
        init
          Check
          Found
        = Pending, manager
          StartState
          OpenState
        join
        daemon stops
          refuse init: the daemon is stopping
          refuse join: the daemon is stopping
          CallOff
          StopParts
        leave
          refuse leave: the daemon is stopping
        """);

    [Fact]
    public void A_certificate_that_is_over_is_said_and_the_node_goes_on() =>
        LifeStory.Of(new Disk.Node(Part.Worker, "the node's certificate has expired")).Tells(
        """
        daemon starts
        = Error, worker (the node's certificate has expired)
          StartAgent
        """);

    [Fact]
    public void A_locked_manager_keeps_what_runs_and_waits_for_its_key() =>
        LifeStory.Nothing().Failing("Unlock").Started(new Disk.Locked()).Init().Leave().Unlock("wrong").Working("Unlock").Unlock("right").Unlock("again").Tells(
        """
        daemon starts
        = Locked, manager
          StartLocked
        init
          refuse init: This node is already part of a swarm
        leave
          refuse leave: Swarm is encrypted and locked
        unlock wrong
          Unlock
          refuse unlock: no luck
        unlock right
          Unlock
        = Pending, manager
          answer unlock
          StartAgent
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        unlock again
          refuse unlock: swarm is not locked
        """);

    [Fact]
    public void A_locked_manager_leaves_by_force_alone() => LifeStory.Of(new Disk.Locked()).KeysChanged().Leave(force: true).Tells(
        """
        daemon starts
        = Locked, manager
          StartLocked
        the swarm's unlock key is another
        leave --force
          Forget
        = Inactive
          answer leave
        """);

    [Fact]
    public void Who_is_no_manager_has_no_lock() => LifeStory.Of(s_worker).KeysChanged().Unlock("any").Tells(
        """
        daemon starts
        = Pending, worker
          StartAgent
        the swarm's unlock key is another
        unlock any
          refuse unlock: This node is not a swarm manager
        """);

    [Fact]
    public void The_disk_follows_the_swarms_unlock_key_also_when_it_takes_two_attempts() =>
        LifeStory.Of(s_manager).Lasting("Pause").Failing("Seal").KeysChanged().Working("Seal").Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        the swarm's unlock key is another
          Seal
          Pause 1 s
        Pause is done
          Seal
        """);

    [Fact]
    public void A_manager_that_has_lost_the_others_is_a_cluster_of_one() =>
        LifeStory.Nothing().Lasting("OpenState").Started(s_manager).ForceNewCluster().Done().Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
        init --force-new-cluster
          CallOff
          Check
          StopServing
          Force
          StartState
          OpenState
        OpenState is done
          TakeOver
          StopServing
          StartState
          OpenState
        OpenState is done
          Announce
          Serve
        = Active, serving manager
          AwaitLeader
          StartAgent
          AwaitSession
          answer init
        """);

    [Fact]
    public void A_new_cluster_that_was_begun_is_gone_on_with() =>
        LifeStory.Of(s_manager).Lasting("Pause").Failing("TakeOver").ForceNewCluster().Working("TakeOver").Done().Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        init --force-new-cluster
          Check
          StopServing
        = Active, manager
          Force
          StartState
          OpenState
          TakeOver
          refuse init: no luck
          StartState
          OpenState
          TakeOver
          Pause 1 s
        Pause is done
          StartState
          OpenState
          TakeOver
          StopServing
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        """);

    [Fact]
    public void A_killed_daemon_is_followed_by_one_that_makes_the_new_cluster() => LifeStory.Of(new Disk.Node(Part.Manager, "", Forced: true)).Tells(
        """
        daemon starts
        = Pending, manager
          StartAgent
          StartState
          OpenState
          TakeOver
          StopServing
          StartState
          OpenState
          Announce
          Serve
        = Active, serving manager
        """);

    [Fact]
    public void Who_is_no_manager_makes_no_new_cluster_and_who_is_in_none_begins_one()
    {
        Assert.True(LifeStory.Of(s_worker).ForceNewCluster().Did("refuse init: This node is not a swarm manager"));
        Assert.True(LifeStory.Of(new Disk.Locked()).ForceNewCluster().Did("refuse init: This node is not a swarm manager"));
        Assert.True(LifeStory.Nothing().ForceNewCluster().Did("Birth"));
    }

    /// <summary>Whatever happens in whatever order: one work at a time, and everybody who asks is answered once.</summary>
    [Fact]
    public void Nobody_waits_for_ever()
    {
        string[] work = ["Check", "Found", "AskToJoin", "AskToBeManager", "StartState", "OpenState", "Serve", "StartAgent", "AwaitSession", "LeaveMembers", "Certify", "Withdraw", "Forget", "Pause", "Unlock", "StartLocked", "Seal", "TakeOver", "Announce", "Force"];
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 19].Array[0, 4], Gen.Int[0, 19].Array[0, 4], Gen.Int[0, 14].Array[0, 12]).Sample((disk, failing, lasting, story) =>
        {
            var told = LifeStory.Nothing();
            foreach (var one in failing) told.Failing(work[one]);
            foreach (var one in lasting.Where(one => !failing.Contains(one))) told.Lasting(work[one]);
            told.Lasting("Pause");
            if (disk > 0) told.Started(disk switch { 1 => s_worker, 2 => s_manager, _ => new Disk.Locked() });
            foreach (var one in story)
            {
                switch (one)
                {
                    case 0: told.Init(); break;
                    case 1: told.Join(); break;
                    case 2: told.WithManagersToken().Join(); break;
                    case 3: told.Leave(); break;
                    case 4: told.Leave(force: true); break;
                    case 5: told.Welcome(NodeRole.Worker, NodeRole.Worker); break;
                    case 6: told.Welcome(NodeRole.Manager, NodeRole.Worker); break;
                    case 7: told.Welcome(NodeRole.Manager, NodeRole.Manager, missing: true); break;
                    case 8: told.Welcome(NodeRole.Worker, NodeRole.Manager); break;
                    case 12: told.Unlock("key"); break;
                    case 13: told.KeysChanged(); break;
                    case 14: told.ForceNewCluster(); break;
                    case 9 or 10: if (told.IsUnderWay) told.Done(); break;
                    default: if (told.IsUnderWay) told.Fails(); break;
                }
            }
            told.Stop();
            while (told.IsUnderWay) told.Done();
            Assert.Equal(told.Asked, told.Answered);
        });
    }
}
