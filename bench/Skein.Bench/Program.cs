using System.CommandLine;
using Skein.Bench;
using Skein.Bench.Groups;

if (args is ["poll-dns", var name])
    return await DnsPoller.RunAsync(name);

var groups = new Dictionary<string, Func<Engine, Samples, Task>>
{
    ["init"] = InitGroup.RunAsync,
    ["deploy"] = DeployGroup.RunAsync,
    ["stack"] = StackGroup.RunAsync,
    ["update"] = UpdateGroup.RunAsync,
    ["dns"] = DnsGroup.RunAsync,
    ["kill"] = KillGroup.RunAsync,
    ["run"] = RunGroup.RunAsync,
    ["files"] = FilesGroup.RunAsync,
    ["pull"] = PullGroup.RunAsync,
    ["many"] = ManyGroup.RunAsync,
    ["memory"] = MemoryGroup.RunAsync,
    ["data"] = DataGroup.RunAsync,
    ["worker"] = WorkerGroup.RunAsync,
    ["leader"] = LeaderGroup.RunAsync,
};

var program = new Option<string>("--skein") { Description = "The program under test", Required = true };
var rounds = new Option<int>("--rounds") { Description = "How often each group runs", DefaultValueFactory = _ => 5 };
var results = new Option<string>("--results") { Description = "Where the raw samples go", DefaultValueFactory = _ => "out/bench.json" };
var quiet = new Option<int>("--quiet") { Description = "For how many seconds a quiet machine is waited for before each step", DefaultValueFactory = _ => 20 };
var chosen = new Argument<string[]>("GROUP") { Description = string.Join(' ', groups.Keys), Arity = ArgumentArity.ZeroOrMore };
chosen.AcceptOnlyFromAmong([.. groups.Keys]);
var root = new RootCommand("Skein and Docker Swarm side by side.") { program, rounds, results, quiet, chosen };
root.SetAction(async result =>
{
    var samples = new Samples();
    Machine.Limit = TimeSpan.FromSeconds(result.GetValue(quiet));
    List<Engine> engines = [new("Skein", result.GetRequiredValue(program), daemon: null, process: "skein")];
    if (Engine.DockerDaemon() is { } dockerd)
        engines.Add(new("Swarm", result.GetRequiredValue(program), dockerd, process: "dockerd"));
    var names = result.GetValue(chosen) is { Length: > 0 } some ? some : [.. groups.Keys];

    foreach (var group in names)
    {
        var managers = group == "leader" ? 3 : 1;
        try
        {
            // Each group has fresh swarms; within it the engines take turns.
            foreach (var engine in engines)
            {
                await engine.UpAsync();
                if (group != "init")
                    await engine.FormSwarmAsync(managers);
            }

            for (var round = 1; round <= result.GetValue(rounds); round++)
            {
                foreach (var engine in engines)
                {
                    Console.Error.WriteLine($"{group} {round}/{result.GetValue(rounds)} {engine.Name}");
                    await engine.AttemptAsync(group, () => groups[group](engine, samples));
                }
            }
        }
        finally
        {
            foreach (var engine in engines)
                await engine.DownAsync();
        }

        samples.Save(result.GetRequiredValue(results));
    }

    samples.Print([.. engines.Select(e => e.Name)]);
    return 0;
});
return await root.Parse(args).InvokeAsync();
