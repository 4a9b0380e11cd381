using System.Threading.Channels;

namespace Skein.Agent.Containers.Volumes;

/// <summary>The volumes of this host, all of the driver local. Errors are SkeinException with Docker's words ("get x: no such volume").</summary>
public interface IVolumes
{
    IReadOnlyList<VolumeRecord> List();

    VolumeRecord Find(string name);

    /// <summary>One that is there already is given back, unless other options or labels are asked for.</summary>
    /// <param name="name">Empty: one without a name gets a name of its own.</param>
    Task<VolumeRecord> CreateAsync(
        string name, IReadOnlyDictionary<string, string>? options, IReadOnlyDictionary<string, string>? labels, CancellationToken cancel);

    /// <summary>With all that is in it; refused while a container has it.</summary>
    Task RemoveAsync(string name, CancellationToken cancel);

    /// <summary>Bytes in its files.</summary>
    Task<long> SizeAsync(string name, CancellationToken cancel);

    /// <summary>create and destroy.</summary>
    ChannelReader<VolumeEvent> Subscribe(CancellationToken cancel);
}
