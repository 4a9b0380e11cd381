using Skein.Commands;

return await SkeinCommand.Create().Parse(args).InvokeAsync();
