using Google.Protobuf;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>The host's own networks on disk, a file each.</summary>
/// <param name="folder">Path of a folder of the daemon's own.</param>
internal sealed class LocalNetworkFiles(string folder)
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <returns>What could be read, and the paths of what could not.</returns>
    public (IReadOnlyList<LocalNetwork> Networks, IReadOnlyList<string> Unreadable) Read()
    {
        var networks = new List<LocalNetwork>();
        var unreadable = new List<string>();
        if (!Directory.Exists(folder)) return (networks, unreadable);
        foreach (var path in Directory.EnumerateFiles(folder).Where(path => !path.EndsWith(".new", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            try
            {
                var network = LocalNetwork.Parser.ParseFrom(File.ReadAllBytes(path));
                if (network.Id == Path.GetFileName(path)) networks.Add(network);
                else unreadable.Add(path);
            }
            catch (InvalidProtocolBufferException)
            {
                unreadable.Add(path);
            }
        }
        return (networks, unreadable);
    }

    /// <exception cref="IOException">It could not be written, and is not there.</exception>
    public void Write(LocalNetwork network)
    {
        Directory.CreateDirectory(folder);
        WholeFile.Write(Path.Combine(folder, network.Id), network.ToByteArray(), OwnersAlone, durable: true);
    }

    public void Delete(string id) => File.Delete(Path.Combine(folder, id));
}
