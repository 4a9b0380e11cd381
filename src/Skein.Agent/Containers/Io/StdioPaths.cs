namespace Skein.Agent.Containers.Io;

/// <summary>The FIFOs of a process; empty = not connected.</summary>
internal sealed record StdioPaths(string Stdin, string Stdout, string Stderr)
{
    public static StdioPaths In(string folder, string prefix, bool stdin, bool stdout, bool stderr)
    {
        return new StdioPaths(PathOf(stdin, "stdin"), PathOf(stdout, "stdout"), PathOf(stderr, "stderr"));

        string PathOf(bool wanted, string name) => wanted ? Path.Combine(folder, prefix + name) : "";
    }

    public IEnumerable<string> All => new[] { Stdin, Stdout, Stderr }.Where(path => path.Length > 0);

    /// <summary>The FIFOs of execs, whose names begin with the exec's id, by that id.</summary>
    public static ILookup<string, string> ExecsIn(string folder) => (Directory.Exists(folder) ? Directory.GetFiles(folder, "*-std*") : [])
        .ToLookup(path => Path.GetFileName(path).Split('-')[0]);
}
