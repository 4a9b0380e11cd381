using System.Diagnostics;
using System.Globalization;

namespace Skein.Lab;

/// <summary>A process of the lab, known by pid and start time, so that a pid used again is not taken for it.</summary>
internal readonly record struct LabProcess(int Id, long StartTime)
{
    /// <summary>Reads "PID STARTTIME"; null when the file is missing or the process has ended.</summary>
    public static LabProcess? Read(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null;
        }

        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2
            || !int.TryParse(words[0], CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(words[1], CultureInfo.InvariantCulture, out var start))
            return null;
        var process = new LabProcess(id, start);
        return process.IsAlive ? process : null;
    }

    /// <summary>Null when there is no such process (any more).</summary>
    public static LabProcess? OfPid(int id) => StartTimeOf(id) is { } start ? new LabProcess(id, start) : null;

    public bool IsAlive => StartTimeOf(Id) == StartTime;

    public void Save(string file) => File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{Id} {StartTime}\n"));

    /// <summary>SIGKILL, then waits until the kernel has ended it and, for a pid 1, everything in its namespace.</summary>
    public async Task KillAsync(TimeProvider time, CancellationToken cancel)
    {
        if (!IsAlive)
            return;
        try
        {
            using var process = Process.GetProcessById(Id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            return;
        }

        var self = this;
        await Patience.UntilAsync($"process {Id} ends after SIGKILL", TimeSpan.FromSeconds(20), () => !self.IsAlive, time, cancel);
    }

    // Field 22 of proc(5) stat, counted after the command's closing parenthesis; a zombie has ended.
    private static long? StartTimeOf(int id)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
