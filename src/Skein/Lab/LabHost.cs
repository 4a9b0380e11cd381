using System.Globalization;
using Skein.Model;

namespace Skein.Lab;

/// <summary>One host of a lab: its number gives its name, its address and all its paths.</summary>
internal sealed class LabHost(LabPaths lab, int number)
{
    public const int MostHosts = 200;

    public int Number { get; } = number;

    public string Name => $"h{Number}";

    public string Address => $"{LabLan.Prefix}.{10 + Number}";

    /// <summary>Fixed, as a machine's is: after a power cut its neighbours' ARP entries are right again.</summary>
    public string MacAddress => $"02:5c:c0:a8:38:{10 + Number:x2}";

    /// <summary>The network namespace; a dot can't be in a lab's name, so no two labs meet.</summary>
    public string NetworkNamespace => $"{lab.Name}.{Name}";

    /// <summary>The host's /run, emptied when the host boots, as seen from the machine.</summary>
    public string Run => Path.Combine(lab.Run, Name);

    public string DockerSocket => Path.Combine(Run, "docker.sock");

    /// <summary>Pid 1's pid and start time; written by the host's init when it has booted.</summary>
    public string Booted => Path.Combine(Run, ".up");

    /// <summary>What survives a power cut.</summary>
    public string Disk => Path.Combine(lab.State, Name);

    public string InitLog => Path.Combine(lab.State, Name + ".log");

    public string DaemonLog => Path.Combine(Disk, "log", "skein.log");

    public static LabHost Parse(LabPaths lab, string name)
    {
        if (name is ['h', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= MostHosts)
            return new LabHost(lab, number);
        throw SkeinException.Invalid($"\"{name}\" is no host of a lab: they are called h1, h2, h3 …");
    }
}
