namespace Skein.ClusterTests.Model;

/// <summary>What is done next: by a seed, always the same. Mostly what makes sense in this world, now and then what does not.</summary>
internal sealed class StepDraw(int seed)
{
    private const int BoxesMax = 6;

    // No digits of a hexadecimal number: what is no name of a container may be the beginning of its id.
    private static readonly string[] s_names = ["ja", "jb", "jc", "jd", "je", "jf", "jg", "jh"];
    private static readonly string[] s_networks = ["na", "nb", "nc"];
    private static readonly string[] s_volumes = ["va", "vb", "vc"];
    private static readonly string[] s_files = ["f1", "f2"];
    private static readonly string[] s_tags = ["ta", "tb"];
    private static readonly string[] s_verbs = ["start", "stop", "kill", "restart", "pause", "unpause", "rm", "rename", "update", "exec", "top", "diff", "stats", "logs", "inspect", "copy-in", "copy-out"];

    // How often each kind comes, of a hundred.
    private static readonly (int Weight, Func<StepDraw, World, Step> Draw)[] s_kinds =
    [
        (14, (draw, _) => new("run", draw.One(s_names), draw.Wish())),
        (5, (draw, _) => new("create", draw.One(s_names), draw.Wish())),
        (50, (draw, world) => draw.OnBox(world)),
        (4, (draw, world) => new(draw.Chance(50) ? "connect" : "disconnect", draw.One(s_networks), draw.Name(world))),
        (5, (draw, _) => new(draw.Chance(70) ? "network-create" : "network-rm", draw.One(s_networks))),
        (4, (draw, _) => new(draw.Chance(50) ? "volume-create" : "volume-rm", draw.One(s_volumes))),
        (1, (draw, _) => new("prune", draw.One(["containers", "networks", "volumes"]))),
        (3, (draw, _) => new(draw.Chance(60) ? "tag" : "untag", draw.One(s_tags))),
        (4, (draw, _) => BadRequests.Draw(draw.Next)),
        (3, (draw, world) => new(draw.Chance(50) ? "kill-process" : "kill-shim", draw.Name(world))),
        (1, (draw, _) => new("kill-containerd")),
        (2, (draw, _) => new("kill-daemon")),
        (4, (draw, world) => draw.Torn(world)),
    ];

    private readonly Random _random = new(seed);

    public Step Next(World world)
    {
        while (true)
        {
            var drawn = Draw(world);
            if (MakesSense(world, drawn)) return drawn;
        }
    }

    private Step Draw(World world)
    {
        var at = Next(s_kinds.Sum(kind => kind.Weight));
        foreach (var (weight, draw) in s_kinds)
        {
            if (at < weight) return draw(this, world);
            at -= weight;
        }
        throw new InvalidOperationException("the weights are summed up above");
    }

    private Step OnBox(World world)
    {
        var (verb, name) = (One(s_verbs), Name(world));
        return new(verb, name, verb switch
        {
            "kill" => Chance(70) ? "KILL" : "HUP",
            "rm" => Chance(50) ? "force" : "",
            "rename" => One(s_names),
            "update" => Chance(50) ? $"{2 + Next(1000)}" : One(["no", "always", "unless-stopped", "on-failure"]),
            "copy-in" or "copy-out" => One(s_files),
            "stop" or "restart" => Grace(world, name),
            _ => "",
        });
    }

    /// <summary>Seconds: who does not end when it is asked to is not waited for.</summary>
    private static string Grace(World world, string name) => world.Boxes.GetValueOrDefault(name)?.Program == "polite" ? "30" : "0";

    /// <param name="world">Whose daemon is killed so many milliseconds after the step has begun.</param>
    private Step Torn(World world)
    {
        var verb = One(["run", "start", "stop", "kill", "restart", "rm"]);
        var name = verb == "run" ? One(s_names) : Name(world);
        var inner = verb == "run" ? new Step(verb, name, Wish()) : new Step(verb, name, verb switch { "kill" => "KILL", "rm" => "force", "stop" or "restart" => Grace(world, name), _ => "" });
        return new("torn", $"{Next(150)}", inner.ToString());
    }

    private string Wish()
    {
        var program = One(["sleep", "sleep", "sleep", "polite", "polite", "brief", "missing"]);
        var policy = program is "sleep" or "polite" ? One(["no", "no", "always", "unless-stopped", "on-failure"]) : program == "brief" ? One(["no", "on-failure"]) : "no";
        var volume = Chance(25) ? $" vol={One(s_volumes)}" : "";
        return $"prog={program} policy={policy} net={One(["none", "bridge", .. s_networks])}{volume}";
    }

    /// <summary>Mostly of one that is there.</summary>
    private string Name(World world) => world.Boxes.Count > 0 && Chance(92) ? One([.. world.Boxes.Keys]) : One(s_names);

    /// <summary>What ends never, or what Docker itself leaves open, is not asked for.</summary>
    private static bool MakesSense(World world, Step step)
    {
        if (step.Verb == "torn") return MakesSense(world, Step.Parse(step.Detail));
        var box = world.Boxes.GetValueOrDefault(step.Verb is "connect" or "disconnect" ? step.Detail : step.Subject);
        return step.Verb switch
        {
            "run" or "create" => world.Boxes.Count < BoxesMax,
            // One that ends by itself would begin for ever.
            "update" => box?.Program is null or "sleep" or "polite" || char.IsAsciiDigit(step.Detail[0]),
            // Pauses double with each restart.
            "kill-process" or "kill-shim" => box is { Phase: Phase.Running, Restarts: < 3 },
            // Docker joins one without any to that of its creation again.
            "disconnect" => box is null || box.Networks.Count > 1 || !box.Networks.Contains(step.Subject),
            _ => true,
        };
    }

    private string One(string[] all) => all[Next(all.Length)];

    private bool Chance(int percent) => Next(100) < percent;

    private int Next(int below) => _random.Next(below);
}
