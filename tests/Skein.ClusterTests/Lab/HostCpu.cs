using System.Globalization;

namespace Skein.ClusterTests.Lab;

/// <summary>How much of a CPU a lab's host gets, by its cgroup, in either version.</summary>
internal sealed class HostCpu
{
    private const int PeriodMicroseconds = 100_000;
    private readonly string _folder;
    private readonly bool _isUnified;

    public HostCpu(string lab, int host)
    {
        var ofHost = $"skein-lab-{lab}/h{host}";
        string[] versions = ["cpu", "cpu,cpuacct", "unified", ""];
        _folder = versions.Select(version => Path.Combine("/sys/fs/cgroup", version, ofHost))
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "cpu.cfs_quota_us")) || File.Exists(Path.Combine(folder, "cpu.max")))
            ?? throw new DirectoryNotFoundException($"no cgroup of {ofHost} counts CPU time");
        _isUnified = File.Exists(Path.Combine(_folder, "cpu.max"));
    }

    public void Limit(double ofOne)
    {
        var quota = ((int)(ofOne * PeriodMicroseconds)).ToString(CultureInfo.InvariantCulture);
        if (_isUnified) Write("cpu.max", $"{quota} {PeriodMicroseconds}");
        else Write("cpu.cfs_quota_us", quota);
    }

    public void Free()
    {
        if (_isUnified) Write("cpu.max", "max");
        else Write("cpu.cfs_quota_us", "-1");
    }

    /// <summary>100 ms slices in which the host wanted more than it got.</summary>
    public int Throttled() => File.ReadLines(Path.Combine(_folder, "cpu.stat"))
        .Where(line => line.StartsWith("nr_throttled ", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture))
        .Single();

    private void Write(string file, string value) => File.WriteAllText(Path.Combine(_folder, file), value);
}
