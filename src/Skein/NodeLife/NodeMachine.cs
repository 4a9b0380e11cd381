using System.Collections.Immutable;
using Skein.Model;

namespace Skein.NodeLife;

/// <summary>
/// A node's life as a pure function. One course is under way at a time, each a row of steps that a shell carries out one by one; what
/// somebody asks for meanwhile waits for an init, a join or a leave, and calls all else off. A step that fails ends its course, and how
/// depends on the course: an init and a join are undone, a promotion is withdrawn and tried again, what the disk says is taken up again.
/// When nothing is under way, <see cref="Decide"/> finds what comes next from what the node is and what it shall be.
/// </summary>
internal static class NodeMachine
{
    /// <summary>What keeps a node from its role lasts: a port that is taken, a network that is down.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    public static (Life Life, ImmutableList<LifeCommand> Commands) Step(Life life, LifeEvent happened) => happened switch
    {
        LifeEvent.Started started => OnStarted(life, started.Disk),
        LifeEvent.Asked asked => OnAsked(life, asked.Request),
        LifeEvent.KeysChanged => life.Part != Part.Manager || life.Locked ? (life, [])
            : life.Work is null ? Decide(life with { KeysChanged = true })
            : (life with { KeysChanged = true }, []),
        LifeEvent.Certified certified => (life.Part == Part.None ? life : life with { DiskFault = certified.Fault }, []),
        LifeEvent.Welcomed welcomed => OnWelcomed(life, welcomed.Told),
        LifeEvent.Done done => OnDone(Note(life with { Work = null }, life.Work!, done), life.Work!),
        LifeEvent.Failed failed => OnFailed(life with { Work = null }, life.Work!, failed.Why),
        LifeEvent.Stopping => OnStopping(life),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "no such event"),
    };

    private static (Life, ImmutableList<LifeCommand>) OnStarted(Life life, Disk disk) => disk switch
    {
        Disk.Nothing => (life, []),
        Disk.Unreadable unreadable => (life with { DiskFault = unreadable.Why }, []),
        Disk.Locked => Decide(life with { Part = Part.Manager, Locked = true }),
        Disk.Unfinished => Begin(life, Course.Leaving, [new LifeCommand.Forget(null)]),
        Disk.Node node => Decide(life with { Part = node.Part, DiskFault = node.Fault, Forced = node.Forced }),
        _ => throw new ArgumentOutOfRangeException(nameof(disk), disk, "a disk says no such thing"),
    };

    private static (Life, ImmutableList<LifeCommand>) OnAsked(Life life, LifeRequest request)
    {
        if (life.Course == Course.Stopping) return (life, [new LifeCommand.Answer(request, IsStopping())]);
        var isChangingHands = life.Course is Course.Beginning or Course.Joining or Course.Undoing or Course.Leaving or Course.Unlocking or Course.Forcing;
        if (!isChangingHands && RefusalOf(life, request) is { } refusal) return (life, [new LifeCommand.Answer(request, refusal)]);
        var waiting = life with { Waiting = life.Waiting.Add(request) };
        return life.Work is null ? Decide(waiting) : MayBeCalledOff(life) ? CallOff(waiting) : (waiting, []);
    }

    private static (Life, ImmutableList<LifeCommand>) OnWelcomed(Life life, Told told)
    {
        if (life.Part == Part.None || life.Course is Course.Leaving or Course.Undoing or Course.Stopping) return (life, []);
        // A manager waits for its own part: that it is in session says nothing of that.
        var greeted = life with { Told = told, Active = life.Active || life.Part == Part.Worker || life.Serves };
        if (life.Work is null) return Decide(greeted);
        var isNews = life.Work is LifeCommand.Pause || life.Course == Course.Resuming && MayBeCalledOff(life) && Differs(greeted);
        return isNews ? CallOff(greeted) : (greeted, []);
    }

    private static (Life, ImmutableList<LifeCommand>) OnStopping(Life life)
    {
        var asking = life.For is { } waits ? life.Waiting.Insert(0, waits) : life.Waiting;
        ImmutableList<LifeCommand> answers = [.. asking.Select(request => new LifeCommand.Answer(request, IsStopping()))];
        var ending = Over(life) with
        {
            Work = life.Work,
            CalledOff = life.CalledOff,
            Course = Course.Stopping,
            Next = [new LifeCommand.StopParts()],
            Waiting = [],
            Told = null,
        };
        var (next, commands) = life.Work is null ? Proceed(ending) : CallOff(ending);
        return (next, answers.AddRange(commands));
    }

    private static (Life, ImmutableList<LifeCommand>) OnDone(Life life, LifeCommand.Work work)
    {
        // Between two steps is as good as within one.
        if (MayBeCalledOff(life) && (!life.Waiting.IsEmpty || life.Course == Course.Resuming && Differs(life)))
        {
            if (life.Course == Course.ChangingRole && !life.Next.IsEmpty) return OnRoleFailed(life with { CalledOff = true }, work, IsStopping());
            if (life.Course is Course.Resuming or Course.Pausing) return Decide(Over(life));
        }
        if (life.Next is [LifeCommand.Pause, ..] && !life.Waiting.IsEmpty) return Decide(Over(life));
        return life.Next.IsEmpty ? OnCourseDone(life) : Proceed(life);
    }

    /// <summary>What the node is by what was done.</summary>
    private static Life Note(Life life, LifeCommand.Work work, LifeEvent.Done done) => work switch
    {
        LifeCommand.Found => life with { Part = Part.Manager },
        LifeCommand.AskToJoin => life with { Part = Part.Worker, Next = done.Says ? [.. Promotion(), .. life.Next] : life.Next },
        LifeCommand.Unlock => life with { Locked = false, HasAgent = false, Forced = done.Says },
        LifeCommand.StopServing => life with { Serves = false },
        LifeCommand.Force => life with { Forced = true },
        LifeCommand.TakeOver => life with { Forced = false },
        LifeCommand.StartLocked => life with { HasAgent = true },
        LifeCommand.Seal => life with { KeysChanged = false },
        LifeCommand.StartAgent => life with { HasAgent = true, Active = life.Active || life.Course == Course.Beginning },
        LifeCommand.StartState => life with { StateFault = "" },
        LifeCommand.Serve => life with
        {
            Part = Part.Manager,
            Serves = life.Course != Course.Beginning,   // a new swarm has no leader yet
            Active = life.Active || life.Course is Course.Resuming or Course.Forcing,
        },
        LifeCommand.AwaitLeader => life with { Serves = true },
        LifeCommand.StopManager or LifeCommand.Withdraw => life with { Part = Part.Worker, Serves = false, KeysChanged = false, StateFault = "" },
        LifeCommand.Forget => Life.Inactive with { Course = life.Course, For = life.For, Undone = life.Undone, Waiting = life.Waiting, Next = life.Next },
        _ => life,
    };

    private static (Life, ImmutableList<LifeCommand>) OnCourseDone(Life life) => life.Course switch
    {
        Course.Stopping => (life, []),
        Course.ChangingRole => HasItsRole(Over(life) with { Active = true }),
        Course.Undoing => Then(Over(life), new LifeCommand.Answer(life.For!, life.Undone)),
        _ when life.For is { } waits => Then(Over(life) with { Active = life.Active || life.Course == Course.Joining }, new LifeCommand.Answer(waits, null)),
        _ => Decide(Over(life)),
    };

    private static (Life, ImmutableList<LifeCommand>) OnFailed(Life life, LifeCommand.Work work, Exception why)
    {
        switch (life.Course)
        {
            // Nothing was touched; or it goes on in the background: who joins is a node by now, and its session is a matter of time.
            case Course.Beginning or Course.Joining when work is LifeCommand.Check or LifeCommand.AwaitSession:
            case Course.Unlocking:
            // What was begun is gone on with, whoever waits for it.
            case Course.Forcing:
                return Then(Over(life), new LifeCommand.Answer(life.For!, why));
            case Course.Beginning or Course.Joining:
                return Begin(life with { Undone = why }, Course.Undoing,
                    IsPromotion(life, work) ? [new LifeCommand.Withdraw(), new LifeCommand.Forget(why)] : [new LifeCommand.Forget(why)]);
            case Course.Sealing:
                return Begin(Over(life), Course.Pausing, [new LifeCommand.Pause(Life.ShortestPause)]);
            case Course.Resuming when !life.CalledOff:
                var failed = work is LifeCommand.StartState ? life with { StateFault = why.Message } : life;
                return Begin(Over(failed), Course.Pausing, [new LifeCommand.Pause(Life.ShortestPause)]);
            case Course.ChangingRole:
                return OnRoleFailed(life, work, why);
            // As good as it can be had: the others find out what is left.
            case Course.Withdrawing or Course.Undoing when work is LifeCommand.Withdraw:
                return OnDone(Note(life, work, new()), work);
            case Course.Undoing:
                return Then(NotForgotten(life, why), new LifeCommand.Answer(life.For!, life.Undone));
            case Course.Leaving:
                return life.For is { } waits ? Then(NotForgotten(life, why), new LifeCommand.Answer(waits, why)) : Decide(NotForgotten(life, why));
            case Course.Stopping:
                return life.Next.IsEmpty ? (life, []) : Proceed(life);
            default:
                return Decide(Over(life));
        }
    }

    /// <summary>A role that cannot be had is tried again, until the swarm wants another or somebody asks for something else.</summary>
    private static (Life, ImmutableList<LifeCommand>) OnRoleFailed(Life life, LifeCommand.Work work, Exception why)
    {
        ImmutableList<LifeCommand.Work> back = IsPromotion(life, work) ? [new LifeCommand.Withdraw()] : [];
        var again = Over(life) with { Told = life.Told ?? life.Wanted };
        if (life.CalledOff) return Begin(again, Course.Withdrawing, back);
        var said = $"this node cannot be a {life.Wanted!.Role.ToString().ToLowerInvariant()} yet: {why.Message}";
        var twice = life.RolePause * 2;
        var waiting = again with { RoleFault = said, RolePause = twice < s_longestPause ? twice : s_longestPause };
        var (next, commands) = Begin(waiting, back.IsEmpty ? Course.Pausing : Course.Withdrawing, back.Add(new LifeCommand.Pause(life.RolePause)));
        return (next, commands.Insert(0, new LifeCommand.SayRole(said)));
    }

    /// <summary>Nothing is under way: what is asked for comes first, then what the swarm wants, then what the node should be by itself.</summary>
    private static (Life, ImmutableList<LifeCommand>) Decide(Life life)
    {
        if (!life.Waiting.IsEmpty) return Grant(life with { Waiting = life.Waiting.RemoveAt(0) }, life.Waiting[0]);
        // What cannot be read is left as it is.
        if (life.Part == Part.None) return (life, []);
        if (life.Locked) return life.HasAgent ? (life, []) : Begin(life, Course.Resuming, [new LifeCommand.StartLocked()]);
        if (!life.HasAgent) return Begin(life, Course.Resuming, [new LifeCommand.StartAgent(), .. Resumption(life)]);
        if (life.Told is { } told && Differs(life)) return Begin(life with { Told = null, Wanted = told }, Course.ChangingRole, ChangeTo(life, told));
        if (life is { Told: not null, RoleFault.Length: > 0 }) return HasItsRole(life with { Told = null });
        if (life is { KeysChanged: true, Serves: true }) return Begin(life, Course.Sealing, [new LifeCommand.Seal()]);
        if (life is { Part: Part.Manager, Serves: false }) return Begin(life, Course.Resuming, Resumption(life));
        return (life with { Told = null, RolePause = life.Told is null ? life.RolePause : Life.ShortestPause }, []);
    }

    private static (Life, ImmutableList<LifeCommand>) Grant(Life life, LifeRequest request)
    {
        if (RefusalOf(life, request) is { } refusal) return Then(life, new LifeCommand.Answer(request, refusal));
        var granted = life with { For = request };
        return request switch
        {
            LifeRequest.Init { Wish.ForceNewCluster: true } init when life.Part == Part.Manager => Begin(granted, Course.Forcing,
            [
                new LifeCommand.Check(init), new LifeCommand.StopServing(), new LifeCommand.Force(init.Wish), .. TakingOver(init.Wish),
                new LifeCommand.AwaitLeader(), new LifeCommand.StartAgent(), new LifeCommand.AwaitSession(Strictly: false),
            ]),
            LifeRequest.Init init => Begin(granted, Course.Beginning,
            [
                new LifeCommand.Check(init), new LifeCommand.Found(init.Wish), new LifeCommand.StartState(), new LifeCommand.OpenState(InTime: true),
                new LifeCommand.Birth(init.Wish), new LifeCommand.Serve(), new LifeCommand.AwaitLeader(), new LifeCommand.StartAgent(),
                // Its session writes the node once more: who is answered before could not change what he has just been shown.
                new LifeCommand.AwaitSession(Strictly: false),
            ]),
            LifeRequest.Join join => Begin(granted, Course.Joining,
                [new LifeCommand.Check(join), new LifeCommand.AskToJoin(join.Wish), new LifeCommand.StartAgent(), new LifeCommand.AwaitSession(Strictly: true)]),
            LifeRequest.Unlock unlock => Begin(granted, Course.Unlocking, [new LifeCommand.Unlock(unlock.Key)]),
            LifeRequest.Leave => Begin(granted, Course.Leaving, [new LifeCommand.Forget(null)]),
            _ => throw new ArgumentOutOfRangeException(nameof(request), request, "no such request"),
        };
    }

    /// <summary>In Docker's words; null when it can be had.</summary>
    private static SkeinException? RefusalOf(Life life, LifeRequest request) => request switch
    {
        LifeRequest.Leave when life.State == LocalNodeState.Inactive => SwarmMessages.NotInSwarm(),
        LifeRequest.Leave { Force: false } when life.Locked => SwarmMessages.LockedMustForce(),
        LifeRequest.Unlock when !life.Locked => life.Part == Part.Manager ? SwarmMessages.NotLocked() : SwarmMessages.NoManager(life.State),
        LifeRequest.Leave { Force: false } leave when life.Part == Part.Manager => SwarmMessages.ManagerMustForce(leave.Reachable, leave.Unreachable),
        LifeRequest.Init { Wish.ForceNewCluster: true } when life.Part != Part.None =>
            life.Part == Part.Manager && !life.Locked ? null : SwarmMessages.NoManager(LocalNodeState.Active),
        LifeRequest.Init or LifeRequest.Join when life.State != LocalNodeState.Inactive => SwarmMessages.AlreadyInSwarm(),
        _ => null,
    };

    /// <summary>
    /// etcd speaks to managers' certificates alone: the new one comes before the first word to it, and after the last. A member that was
    /// taken out never comes back, whatever its node shall be: what it has is of the past.
    /// </summary>
    private static ImmutableList<LifeCommand.Work> ChangeTo(Life life, Told told)
    {
        var ceases = life.Part == Part.Manager && (told.Role == NodeRole.Worker || told.Missing);
        var becomes = told.Role == NodeRole.Manager && (ceases || life.Part == Part.Worker);
        return
        [
            .. ceases ? (LifeCommand.Work[])[new LifeCommand.LeaveMembers(), new LifeCommand.StopManager()] : [],
            .. told.Certified != told.Role ? (LifeCommand.Work[])[new LifeCommand.Certify(told.Role)] : [],
            .. becomes ? Promotion() : [],
        ];
    }

    private static LifeCommand.Work[] Promotion() =>
        [new LifeCommand.AskToBeManager(), new LifeCommand.StartState(), new LifeCommand.OpenState(InTime: true), new LifeCommand.Serve()];

    private static ImmutableList<LifeCommand.Work> Resumption(Life life) =>
        life.Part != Part.Manager ? [] : life.Forced ? TakingOver(null)
        : [new LifeCommand.StartState(), new LifeCommand.OpenState(InTime: false), new LifeCommand.Announce(), new LifeCommand.Serve()];

    /// <summary>etcd is told once that it is alone, and then never again: it would drop all that join it later.</summary>
    private static ImmutableList<LifeCommand.Work> TakingOver(SwarmInitRequest? wish) =>
    [
        new LifeCommand.StartState(), new LifeCommand.OpenState(InTime: true), new LifeCommand.TakeOver(wish), new LifeCommand.StopServing(),
        new LifeCommand.StartState(), new LifeCommand.OpenState(InTime: true), new LifeCommand.Announce(), new LifeCommand.Serve(),
    ];

    /// <summary>A member that votes and is gone takes the others' majority, and a node that never came would stand there for ever.</summary>
    private static bool IsPromotion(Life life, LifeCommand.Work work) =>
        life.Part == Part.Worker && work is LifeCommand.AskToBeManager or LifeCommand.StartState or LifeCommand.OpenState or LifeCommand.Serve;

    private static bool Differs(Life life) => life.Told is { } told && (told.Missing || told.Role != told.Certified || told.Role != RoleOf(life.Part));

    private static NodeRole RoleOf(Part part) => part == Part.Manager ? NodeRole.Manager : NodeRole.Worker;

    /// <summary>What nobody waits for, and what does not leave the node between two parts.</summary>
    private static bool MayBeCalledOff(Life life)
    {
        if (life.Work is LifeCommand.Pause) return true;
        var nobodyWaits = life.Course == Course.ChangingRole || (life.Course == Course.Resuming && !life.Forced);
        return nobodyWaits && life.Work is not (LifeCommand.StartAgent or LifeCommand.StartLocked or LifeCommand.StopManager);
    }

    private static (Life, ImmutableList<LifeCommand>) CallOff(Life life) => (life with { CalledOff = true }, life.CalledOff ? [] : [new LifeCommand.CallOff()]);

    private static (Life, ImmutableList<LifeCommand>) HasItsRole(Life life) =>
        Then(life with { RoleFault = "", RolePause = Life.ShortestPause }, new LifeCommand.SayRole(""));

    private static (Life, ImmutableList<LifeCommand>) Begin(Life life, Course course, ImmutableList<LifeCommand.Work> steps) =>
        steps.IsEmpty ? Decide(life) : Proceed(life with { Course = course, Next = steps, CalledOff = false });

    private static (Life, ImmutableList<LifeCommand>) Proceed(Life life) =>
        (life with { Work = life.Next[0], Next = life.Next.RemoveAt(0), CalledOff = false }, [life.Next[0]]);

    private static (Life, ImmutableList<LifeCommand>) Then(Life life, LifeCommand first)
    {
        var (next, commands) = Decide(life);
        return (next, commands.Insert(0, first));
    }

    private static Life Over(Life life) =>
        life with { Course = Course.Resting, Work = null, Next = [], For = null, Undone = null, Wanted = null, CalledOff = false };

    private static SkeinException IsStopping() => SkeinException.Unavailable("the daemon is stopping");

    /// <summary>What is left is of no use, and nothing is done with it but to try once more to remove it.</summary>
    private static Life NotForgotten(Life life, Exception why) => Life.Inactive with
    {
        Waiting = life.Waiting,
        DiskFault = $"what this host has of the swarm cannot be removed: {why.Message}. \"docker swarm leave --force\" tries again",
    };
}
