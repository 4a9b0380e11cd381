using Skein.Manager.Keys;
using Xunit;

namespace Skein.Tests.Keys;

public class KeyPlanTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [Fact]
    public void Of_a_manager_that_is_demoted_the_key_is_changed_when_it_is_out_of_etcd() =>
        KeyStory.Of("m1", "m2", "m3").IsDemoted("m3").LeavesEtcd("m3").After(s_soon).Tells("""
            begins with m1 m2 m3
            m3 is demoted
            m3 is out of etcd
                k1 is to follow k0: node m3, which may know it, is no manager any more
                m1 has k1
                m2 has k1
                k1 is the key
                nothing is left under k0
            20 s later
            """);

    [Fact]
    public void Who_is_down_is_waited_for_until_it_is_back() =>
        KeyStory.Of("m1", "m2", "m3", "m4").GoesDown("m2").IsRemoved("m4").ComesBack("m2").Tells("""
            begins with m1 m2 m3 m4
            m2 goes down
            m4 is removed
                k1 is to follow k0: node m4, which may know it, is no manager any more
                m1 has k1
                m3 has k1
                waits for m2
            m2 comes back
                m2 has k1
                k1 is the key
                nothing is left under k0
            """);

    /// <summary>It may have asked for the next one before.</summary>
    [Fact]
    public void Who_ceases_to_be_a_manager_while_a_key_is_to_follow_shall_not_know_that_one_either() =>
        KeyStory.Of("m1", "m2", "m3", "m4").GoesDown("m2").IsRemoved("m4").IsRemoved("m2").Tells("""
            begins with m1 m2 m3 m4
            m2 goes down
            m4 is removed
                k1 is to follow k0: node m4, which may know it, is no manager any more
                m1 has k1
                m3 has k1
                waits for m2
            m2 is removed
                k2 is to follow k0: node m2, which may know it, is no manager any more
                m1 has k2
                m3 has k2
                k2 is the key
                nothing is left under k0
            """);

    [Fact]
    public void The_next_leader_goes_on_with_it_and_asks_for_it_where_it_has_it_not() =>
        KeyStory.Of("m1", "m2", "m3", "m4").GoesDown("m3").IsRemoved("m4").IsFollowedBy("m2").ComesBack("m1").GoesDown("m2").IsFollowedBy("m3").Tells("""
            begins with m1 m2 m3 m4
            m3 goes down
            m4 is removed
                k1 is to follow k0: node m4, which may know it, is no manager any more
                m1 has k1
                m2 has k1
                waits for m3
            m2 leads
                waits for m3
            m1 comes back
                waits for m3
            m2 goes down
                waits for m3
            m3 leads
                m3 has k1
                k1 is the key
                nothing is left under k0
            """);

    [Fact]
    public void The_next_leader_makes_another_when_all_that_have_it_are_gone() =>
        KeyStory.Of("m1", "m2", "m3", "m4").GoesDown("m2").GoesDown("m3").IsRemoved("m4").IsFollowedBy("m2").ComesBack("m3").ComesBack("m1").Tells("""
            begins with m1 m2 m3 m4
            m2 goes down
            m3 goes down
            m4 is removed
                k1 is to follow k0: node m4, which may know it, is no manager any more
                m1 has k1
                waits for m2 m3
            m2 leads
                k2 is to follow k0: who has the next one is gone
                m2 has k2
                waits for m1 m3
            m3 comes back
                m3 has k2
                waits for m1
            m1 comes back
                m1 has k2
                k2 is the key
                nothing is left under k0
            """);

    [Fact]
    public void Who_joins_meanwhile_says_that_it_has_it_before_it_is_the_key() =>
        KeyStory.Of("m1", "m2", "m3").GoesDown("m2").IsRemoved("m3").Joins("m5").ComesBack("m2").Tells("""
            begins with m1 m2 m3
            m2 goes down
            m3 is removed
                k1 is to follow k0: node m3, which may know it, is no manager any more
                m1 has k1
                waits for m2
            m5 joins
                m5 has k1
                waits for m2
            m2 comes back
                m2 has k1
                k1 is the key
                nothing is left under k0
            """);

    [Fact]
    public void Who_was_given_a_managers_certificate_since_counts_and_one_on_its_way_does_not() =>
        KeyStory.Of("m1", "m2").IsRemoved("m2").After(KeyPlan.LeastAge).IsPromoted("m3").Joins("m4").IsRemoved("m4").Tells("""
            begins with m1 m2
            m2 is removed
                k1 is to follow k0: node m2, which may know it, is no manager any more
                m1 has k1
                k1 is the key
                nothing is left under k0
            60 s later
            m3 is promoted
            m4 joins
            m4 is removed
                k2 is to follow k1: node m4, which may know it, is no manager any more
                m1 has k2
                k2 is the key
                nothing is left under k1
            """);

    [Fact]
    public void With_the_unlock_key_it_is_changed_but_not_when_autolock_is_turned_off() =>
        KeyStory.Of("m1").HasUnlockKey(1).After(KeyPlan.LeastAge).HasUnlockKey(2).HasUnlockKey(0).Tells("""
            begins with m1
            the unlock key is 1
                k1 is to follow k0: the managers' disks have another unlock key
                m1 has k1
                k1 is the key
                nothing is left under k0
            60 s later
            the unlock key is 2
                k2 is to follow k1: the managers' disks have another unlock key
                m1 has k2
                k2 is the key
                nothing is left under k1
            autolock is turned off
            """);

    [Fact]
    public void The_next_one_comes_a_minute_after_the_one_before() =>
        KeyStory.Of("m1").HasUnlockKey(1).After(s_soon).HasUnlockKey(2).After(TimeSpan.FromSeconds(40)).Tells("""
            begins with m1
            the unlock key is 1
                k1 is to follow k0: the managers' disks have another unlock key
                m1 has k1
                k1 is the key
                nothing is left under k0
            20 s later
            the unlock key is 2
                waits 40 s
            40 s later
                k2 is to follow k1: the managers' disks have another unlock key
                m1 has k2
                k2 is the key
                nothing is left under k1
            """);

    [Fact]
    public void A_former_key_stays_as_long_as_something_is_left_under_it() =>
        KeyStory.Of("m1", "m2").SweepIsDone(false).IsRemoved("m2").After(KeyPlan.LeastAge).HasUnlockKey(1).SweepIsDone(true).Tells("""
            begins with m1 m2
            something is stored that the leader does not know
            m2 is removed
                k1 is to follow k0: node m2, which may know it, is no manager any more
                m1 has k1
                k1 is the key
                something is left
            60 s later
                something is left
            the unlock key is 1
                k2 is to follow k1: the managers' disks have another unlock key
                m1 has k2
                k2 is the key
                something is left
            all is known
                nothing is left under k0 k1
            """);

    /// <summary>The lost ones are managers that are to come back.</summary>
    [Fact]
    public void A_cluster_of_one_by_force_installs_what_was_to_follow_without_the_others() =>
        KeyStory.Of("m1", "m2", "m3", "m4").GoesDown("m3").IsRemoved("m4").GoesDown("m2").LeavesEtcd("m2").LeavesEtcd("m3").Tells("""
            begins with m1 m2 m3 m4
            m3 goes down
            m4 is removed
                k1 is to follow k0: node m4, which may know it, is no manager any more
                m1 has k1
                m2 has k1
                waits for m3
            m2 goes down
                waits for m3
            m2 is out of etcd
                waits for m3
            m3 is out of etcd
                k1 is the key
                nothing is left under k0
            """);
}
