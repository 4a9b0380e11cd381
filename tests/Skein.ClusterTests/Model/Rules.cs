using System.Globalization;

namespace Skein.ClusterTests.Model;

/// <summary>What Docker does, as a pure function: from a world and a step to what may follow. More than one where a daemon is killed in the midst of it.</summary>
internal static class Rules
{
    private const int Killed = 137;
    private const int Polite = 5;
    private const int Brief = 3;
    private const int NotFound = 127;

    // The policy's own bound, see Box.
    private const int Retries = 2;

    private static readonly Dictionary<string, Func<World, Step, Outcome>> s_rules = new(StringComparer.Ordinal)
    {
        ["create"] = Create,
        ["run"] = Run,
        ["start"] = (world, step) => OfBox(world, step, Start),
        ["stop"] = (world, step) => OfBox(world, step, (box, _) => box.IsUp ? (End(box), 204) : (null, 304)),
        ["kill"] = (world, step) => OfBox(world, step, (box, _) => !box.IsUp ? (null, 409) : step.Detail == "HUP" ? (null, 204) : (End(box, Killed), 204)),
        ["restart"] = (world, step) => OfBox(world, step, (box, in_) => Start((box.IsUp ? End(box) : box) with { Phase = Phase.Exited }, in_)),
        ["pause"] = (world, step) => OfBox(world, step, (box, _) => box.Phase == Phase.Running ? (box with { Phase = Phase.Paused }, 204) : (null, 409)),
        ["unpause"] = (world, step) => OfBox(world, step, (box, _) => box.Phase == Phase.Paused ? (box with { Phase = Phase.Running }, 204) : (null, 500)),
        ["rm"] = Remove,
        ["rename"] = Rename,
        ["update"] = Update,
        ["exec"] = (world, step) => OfBox(world, step, (box, _) => (null, box.Phase == Phase.Running ? 200 : 409), "executed"),
        ["top"] = (world, step) => OfBox(world, step, (box, _) => (null, box.Phase is Phase.Running or Phase.Paused ? 200 : 409)),
        ["diff"] = (world, step) => OfBox(world, step, (_, _) => (null, 200)),
        ["stats"] = (world, step) => OfBox(world, step, (_, _) => (null, 200)),
        ["logs"] = Logs,
        ["wait"] = (world, step) => OfBox(world, step, (box, _) => (null, 200)),
        ["inspect"] = Inspect,
        ["copy-in"] = (world, step) => OfBox(world, step, (box, _) => (box with { Files = box.Files.SetItem(step.Detail, Content(step)) }, 200)),
        ["copy-out"] = CopyOut,
        ["connect"] = Connect,
        ["disconnect"] = Disconnect,
        ["network-create"] = (world, step) => world.Networks.Contains(step.Subject) ? new(world, 409) : new(world with { Networks = world.Networks.Add(step.Subject) }, 201),
        ["network-rm"] = RemoveNetwork,
        ["volume-create"] = (world, step) => new(world with { Volumes = world.Volumes.Add(step.Subject) }, 201),
        ["volume-rm"] = RemoveVolume,
        ["prune"] = Prune,
        ["tag"] = (world, step) => new(world with { Tags = world.Tags.Add(step.Subject) }, 201),
        ["untag"] = (world, step) => world.Tags.Contains(step.Subject) ? new(world with { Tags = world.Tags.Remove(step.Subject) }, 200) : new(world, 404),
        ["bad"] = (world, step) => new(world, int.Parse(step.Detail, CultureInfo.InvariantCulture)),
        ["kill-containerd"] = (world, _) => new(world, 0),
        ["kill-daemon"] = (world, _) => new(Reborn(world), 0),
        ["kill-shim"] = Die,
        ["kill-process"] = Die,
    };

    public static IEnumerable<string> Verbs => s_rules.Keys;

    public static IReadOnlyList<Outcome> After(World world, Step step) => step.Verb == "torn" ? Torn(world, Step.Parse(step.Detail)) : [s_rules[step.Verb](world, step)];

    public static string Content(Step step) => $"{step.Subject}-{step.Detail}";

    /// <summary>The daemon was killed while it did this, and another came: it was done, in part or not at all. Who asked got an answer only when it was done.</summary>
    private static List<Outcome> Torn(World world, Step step)
    {
        var after = s_rules[step.Verb](world, step);
        var between = Between(world, step, after.World).Append(after.World).Append(world);
        return [.. between.Select(one => new Outcome(Reborn(one), 0)), after with { World = Reborn(after.World) }];
    }

    private static IEnumerable<World> Between(World world, Step step, World after)
    {
        if (step.Verb == "run" && after.Boxes.TryGetValue(step.Subject, out var made)) yield return world.With(step.Subject, made with { Phase = Phase.Created, ExitCode = 0, Starts = 0, Restarts = 0 });
        if (step.Verb is not ("stop" or "kill" or "restart" or "rm") || world.Boxes.GetValueOrDefault(step.Subject) is not { IsUp: true } box) yield break;
        // That it is wanted is written down before it is done.
        yield return world.With(step.Subject, box with { StoppedByUser = true });
        yield return world.With(step.Subject, box with { StoppedByUser = true, Phase = Phase.Running });
        yield return world.With(step.Subject, End(box, step.Verb == "kill" ? Killed : null));
        yield return world.With(step.Subject, End(box, Killed));
    }

    /// <summary>Another daemon has come: what runs is left alone, and what its policy wants to run is begun once more.</summary>
    private static World Reborn(World world) =>
        world.Boxes.Where(pair => pair.Value is { Phase: Phase.Exited, HasRun: true } box && (box.Policy == "always" || box.Policy == "unless-stopped" && !box.StoppedByUser))
            .Aggregate(world, (one, pair) => one.With(pair.Key, BeginAgain(pair.Value with { Restarts = pair.Value.Restarts + 1, StoppedByUser = false }, world)));

    private static Box BeginAgain(Box box, World world) => box.Networks.IsSubsetOf(world.Networks) ? Begin(box) : box with { ExitCode = 128 };

    private static Outcome OfBox(World world, Step step, Func<Box, World, (Box? Changed, int Status)> rule, string text = "")
    {
        if (!world.Boxes.TryGetValue(step.Subject, out var box)) return new(world, 404);
        var (changed, status) = rule(box, world);
        return new(changed is null ? world : world.With(step.Subject, changed), status, status < 300 ? text : "");
    }

    private static Outcome Create(World world, Step step)
    {
        if (world.Boxes.ContainsKey(step.Subject)) return new(world, 409);
        var wish = step.Detail.Split(' ').Select(part => part.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var network = wish.GetValueOrDefault("net", "none");
        var box = new Box(wish["prog"], wish.GetValueOrDefault("policy", "no"), network != "none", [.. network is "none" or "bridge" ? [] : new[] { network }], wish.GetValueOrDefault("vol", ""));
        return new((box.Volume.Length > 0 ? world with { Volumes = world.Volumes.Add(box.Volume) } : world).With(step.Subject, box), 201);
    }

    private static Outcome Run(World world, Step step)
    {
        var created = Create(world, step);
        return created.Status == 201 ? OfBox(created.World, step, Start) : created;
    }

    private static (Box?, int) Start(Box box, World world)
    {
        if (box.Phase == Phase.Running) return (null, 304);
        if (box.Phase == Phase.Paused) return (null, 409);
        if (!box.Networks.IsSubsetOf(world.Networks)) return (Failed(box, 128), 404);
        if (box.Program == "missing") return (Failed(box, NotFound), 400);
        return (Begin(box with { StoppedByUser = false, Restarts = 0 }), 204);
    }

    private static Box Failed(Box box, int code) => box with { ExitCode = code, Phase = box.HasRun ? Phase.Exited : Phase.Created, StoppedByUser = false, Restarts = 0 };

    /// <summary>One that ends by itself has ended, as often as its policy lets it.</summary>
    private static Box Begin(Box box)
    {
        var begun = box with { Phase = Phase.Running, ExitCode = 0, Starts = box.Starts + 1 };
        return box.Program == "brief" ? Over(begun, Brief) : begun;
    }

    private static Box Over(Box box, int code)
    {
        var ended = box with { Phase = Phase.Exited, ExitCode = code };
        var again = !box.StoppedByUser && box.Policy switch
        {
            "always" or "unless-stopped" => true,
            "on-failure" => code != 0 && box.Restarts < Retries,
            _ => false,
        };
        return again ? Begin(ended with { Restarts = box.Restarts + 1 }) : ended;
    }

    private static Box End(Box box, int? code = null) => Over(box with { StoppedByUser = true }, code ?? (box.Program == "polite" ? Polite : Killed));

    private static Outcome Die(World world, Step step) => OfBox(world, step, (box, _) => (Over(box, Killed), 0));

    private static Outcome Remove(World world, Step step)
    {
        if (!world.Boxes.TryGetValue(step.Subject, out var box)) return new(world, 404);
        return box.IsUp && step.Detail != "force" ? new(world, 409) : new(world.Without(step.Subject), 204);
    }

    private static Outcome Rename(World world, Step step)
    {
        if (!world.Boxes.TryGetValue(step.Subject, out var box)) return new(world, 404);
        if (step.Detail == step.Subject) return new(world, 400);
        return world.Boxes.ContainsKey(step.Detail) ? new(world, 409) : new(world.Without(step.Subject).With(step.Detail, box), 204);
    }

    private static Outcome Update(World world, Step step) => OfBox(world, step, (box, _) => int.TryParse(step.Detail, out var shares)
        ? (box with { Shares = shares }, 200)
        : (box with { Policy = step.Detail }, 200));

    private static Outcome Logs(World world, Step step) =>
        OfBox(world, step, (box, _) => (null, 200), world.Boxes.TryGetValue(step.Subject, out var one) ? string.Concat(Enumerable.Repeat("begun\n", one.Starts)) + "." : "");

    private static Outcome Inspect(World world, Step step) =>
        OfBox(world, step, (box, _) => (null, 200), world.Boxes.TryGetValue(step.Subject, out var one) ? $"shares {one.Shares} policy {one.Policy} volume {one.Volume}." : "");

    private static Outcome CopyOut(World world, Step step)
    {
        if (!world.Boxes.TryGetValue(step.Subject, out var box) || !box.Files.TryGetValue(step.Detail, out var content)) return new(world, 404);
        return new(world, 200, content);
    }

    private static Outcome Connect(World world, Step step)
    {
        if (!world.Networks.Contains(step.Subject) || !world.Boxes.TryGetValue(step.Detail, out var box)) return new(world, 404);
        if (!box.OnBridge) return new(world, 400);
        // While it does not run, it may be said anew how it is to be there.
        return box.IsUp && box.Networks.Contains(step.Subject) ? new(world, 403) : new(world.With(step.Detail, box with { Networks = box.Networks.Add(step.Subject) }), 200);
    }

    private static Outcome Disconnect(World world, Step step)
    {
        if (!world.Networks.Contains(step.Subject) || !world.Boxes.TryGetValue(step.Detail, out var box)) return new(world, 404);
        if (!box.OnBridge) return new(world, 400);
        return box.Networks.Contains(step.Subject) ? new(world.With(step.Detail, box with { Networks = box.Networks.Remove(step.Subject) }), 200) : new(world, 403);
    }

    private static bool IsUsed(World world, string network) => world.Boxes.Values.Any(box => box.IsUp && box.Networks.Contains(network));

    private static Outcome RemoveNetwork(World world, Step step)
    {
        if (!world.Networks.Contains(step.Subject)) return new(world, 404);
        return IsUsed(world, step.Subject) ? new(world, 403) : new(world with { Networks = world.Networks.Remove(step.Subject) }, 204);
    }

    private static Outcome RemoveVolume(World world, Step step)
    {
        if (!world.Volumes.Contains(step.Subject)) return new(world, 404);
        return world.Boxes.Values.Any(box => box.Volume == step.Subject) ? new(world, 409) : new(world with { Volumes = world.Volumes.Remove(step.Subject) }, 204);
    }

    private static Outcome Prune(World world, Step step) => new(
        step.Subject switch
        {
            "containers" => world.Boxes.Where(pair => !pair.Value.IsUp).Aggregate(world, (one, pair) => one.Without(pair.Key)),
            "networks" => world with { Networks = [.. world.Networks.Where(network => IsUsed(world, network))] },
            _ => world with { Volumes = [.. world.Volumes.Where(volume => world.Boxes.Values.Any(box => box.Volume == volume))] },
        },
        200);
}
