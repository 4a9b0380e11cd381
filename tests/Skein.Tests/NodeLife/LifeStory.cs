using System.Text;
using Skein.Model;
using Skein.NodeLife;
using Xunit;

namespace Skein.Tests.NodeLife;

/// <summary>
/// A node's life told as text: each event, indented the commands that follow, and the node's standing when it has changed. The story's
/// shell does at once what it is told and fails where the story says so; what may take long (`OpenState` of a manager that waits for
/// others, `Pause`) stays under way until the story goes on.
/// </summary>
internal sealed class LifeStory
{
    private static readonly SwarmInitRequest s_init = new("0.0.0.0:2377", "", "", 0, [], 0, false, NodeAvailability.Active, new ClusterSpec());
    private static readonly SwarmJoinRequest s_join = new("0.0.0.0:2377", "", "", ["192.0.2.1:2377"], "SWMTKN-1-x", NodeAvailability.Active);

    private readonly StringBuilder _trace = new();
    private readonly HashSet<string> _failing = [];
    private readonly HashSet<string> _lasting = [];
    private readonly Queue<LifeCommand> _commands = [];
    private long _ids;
    private bool _managersToken;
    private LifeCommand.Work? _under;

    public Life Life { get; private set; } = Life.Inactive;

    public long Asked => _ids;

    public int Answered { get; private set; }

    public bool IsUnderWay => _under is not null;

    public static LifeStory Of(Disk disk) => new LifeStory().Started(disk);

    public static LifeStory Nothing() => new();

    /// <summary>From now on this work fails.</summary>
    public LifeStory Failing(string work)
    {
        _failing.Add(work);
        return this;
    }

    public LifeStory Working(string work)
    {
        _failing.Remove(work);
        return this;
    }

    /// <summary>From now on this work goes on until it is called off, or the story says that it is done.</summary>
    public LifeStory Lasting(string work)
    {
        _lasting.Add(work);
        return this;
    }

    public LifeStory WithManagersToken()
    {
        _managersToken = true;
        return this;
    }

    public LifeStory Init() => On("init", new LifeEvent.Asked(new LifeRequest.Init(++_ids, s_init)));

    public LifeStory ForceNewCluster() => On("init --force-new-cluster", new LifeEvent.Asked(new LifeRequest.Init(++_ids, s_init with { ForceNewCluster = true })));

    public LifeStory Join() => On("join", new LifeEvent.Asked(new LifeRequest.Join(++_ids, s_join)));

    public LifeStory Leave(bool force = false) =>
        On(force ? "leave --force" : "leave", new LifeEvent.Asked(new LifeRequest.Leave(++_ids, force, 1, 0)));

    public LifeStory Unlock(string key) => On($"unlock {key}", new LifeEvent.Asked(new LifeRequest.Unlock(++_ids, key)));

    public LifeStory KeysChanged() => On("the swarm's unlock key is another", new LifeEvent.KeysChanged());

    public LifeStory Welcome(NodeRole role, NodeRole certified, bool missing = false) => On(
        $"welcome as {role}{(missing ? ", missing" : "")}", new LifeEvent.Welcomed(new(role, missing, certified)));

    public LifeStory Stop() => On("daemon stops", new LifeEvent.Stopping());

    /// <summary>What is under way is done.</summary>
    public LifeStory Done() => On($"{_under!.GetType().Name} is done", new LifeEvent.Done());

    public LifeStory Fails() => On($"{_under!.GetType().Name} fails", new LifeEvent.Failed(new InvalidOperationException("no luck")));

    public LifeStory Started(Disk disk) => On("daemon starts", new LifeEvent.Started(disk));

    public bool Did(string what) => _trace.ToString().Split('\n').Any(line => line.Trim() == what);

    public void Tells(string expected) => Assert.Equal(expected, _trace.ToString().TrimEnd());

    private LifeStory On(string what, LifeEvent happened)
    {
        _trace.AppendLine(what);
        Step(happened);
        while (_commands.TryDequeue(out var command)) CarryOut(command);
        return this;
    }

    private void Step(LifeEvent happened)
    {
        var before = Shown(Life);
        if (happened is LifeEvent.Done or LifeEvent.Failed) _under = null;
        (Life, var commands) = NodeMachine.Step(Life, happened);
        foreach (var command in commands) _commands.Enqueue(command);
        if (Shown(Life) != before) _trace.AppendLine("= " + Shown(Life));
    }

    private void CarryOut(LifeCommand command)
    {
        _trace.AppendLine("  " + Shown(command));
        if (command is LifeCommand.Answer) Answered++;
        if (command is LifeCommand.CallOff)
        {
            if (_under is not null) Step(new LifeEvent.Failed(new OperationCanceledException("called off")));
            return;
        }
        if (command is not LifeCommand.Work work) return;
        Assert.True(_under is null, $"{work} begins while {_under} is under way");
        _under = work;
        var name = work.GetType().Name;
        if (_lasting.Contains(name)) return;
        Step(_failing.Contains(name) ? new LifeEvent.Failed(new InvalidOperationException("no luck")) : new LifeEvent.Done(work is LifeCommand.AskToJoin && _managersToken));
    }

    private static string Shown(Life life)
    {
        var role = life.Part == Part.None ? "" : life.Serves ? ", serving manager" : $", {life.Part.ToString().ToLowerInvariant()}";
        var error = life.Fault.Length > 0 ? life.Fault : life.RoleFault;
        return $"{life.State}{role}{(error.Length > 0 ? $" ({error})" : "")}";
    }

    private static string Shown(LifeCommand command) => command switch
    {
        LifeCommand.Answer { Failure: null } answer => $"answer {answer.Request.GetType().Name.ToLowerInvariant()}",
        LifeCommand.Answer answer => $"refuse {answer.Request.GetType().Name.ToLowerInvariant()}: {answer.Failure!.Message.Split('.')[0]}",
        LifeCommand.SayRole said => $"say \"{said.Failure}\"",
        LifeCommand.Pause pause => $"Pause {pause.Time.TotalSeconds} s",
        LifeCommand.Certify certify => $"Certify {certify.Role}",
        _ => command.GetType().Name,
    };
}
