using Spectre.Console;

namespace Skein.Lab;

/// <summary>A spinner with what is being done, and a line above it for each thing done.</summary>
internal sealed class LiveProgress(StatusContext context) : ILabProgress
{
    public void Doing(string what) => context.Status(Markup.Escape(what));

    public void Done(string what) => AnsiConsole.MarkupLine($"[green]✓[/] {Markup.Escape(what)}");
}
