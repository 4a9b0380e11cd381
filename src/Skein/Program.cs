using Skein.Commands;

// A daemon that is told to end hands its part in the swarm over, which may take some seconds; systemd's unit waits for 20.
return await SkeinCommand.Create().Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
