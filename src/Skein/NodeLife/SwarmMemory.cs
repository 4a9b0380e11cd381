using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>What a host keeps on disk of its part in a swarm, beside certificate and state: swarm.json, for its owner alone.</summary>
/// <param name="ListenAddr">ip:port of the listener between nodes, on a manager.</param>
/// <param name="AdvertiseAddr">Address by which others reach the node.</param>
/// <param name="AdvertisePort">Port of its listener as others reach it; 2377 but for NAT.</param>
/// <param name="Vtep">Address of its tunnels.</param>
/// <param name="Managers">ip:2377 of those known at the join; the session's file knows them better later on.</param>
/// <param name="Manager">null on a worker.</param>
/// <param name="Device">Of the host's network devices, the one that had the advertised address; null when none had, as behind NAT.</param>
/// <param name="VtepDevice">The same of the tunnels' address.</param>
/// <param name="Unfinished">An init or a leave is under way: who finds it so after a crash finishes the leave, and undoes the init.</param>
internal sealed record SwarmMemory(
    string NodeId,
    string ListenAddr,
    string AdvertiseAddr,
    int AdvertisePort,
    string Vtep,
    uint DataPathPort,
    IReadOnlyList<string> Managers,
    ManagerMemory? Manager,
    bool Unfinished = false,
    string? Device = null,
    string? VtepDevice = null)
{
    private const string FileName = "swarm.json";

    /// <summary>ip:port of its listener as others reach it.</summary>
    [JsonIgnore]
    public IPEndPoint Advertised => new(IPAddress.Parse(AdvertiseAddr), AdvertisePort);

    [JsonIgnore]
    public IPEndPoint Listen => IPEndPoint.Parse(ListenAddr);

    /// <summary>
    /// A host reaches its own manager where it listens: the address that others reach it by may be none of the host's own, but one that
    /// NAT in front of it translates and lets nobody behind it use.
    /// </summary>
    public string FromHere(string manager) => manager == Advertised.ToString() ? SwarmAddresses.FromHere(Listen).ToString() : manager;

    /// <summary>What a manager's keys are sealed with on the disk; null without autolock.</summary>
    [JsonIgnore]
    public UnlockKey? UnlockKey { get; init; }

    /// <summary>It was read, and the key that opens it is not known yet.</summary>
    [JsonIgnore]
    public bool IsLocked => Manager?.Sealed is not null;

    /// <summary>null when this is not the key.</summary>
    public SwarmMemory? Unlock(UnlockKey key) => Manager?.Open(key) is { } opened ? this with { UnlockKey = key, Manager = opened } : null;

    /// <exception cref="SkeinException">It is there and cannot be read; the message names it and the way out.</exception>
    public static SwarmMemory? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var memory = JsonSerializer.Deserialize(File.ReadAllBytes(path), SwarmMemoryJson.Default.SwarmMemory);
            return memory is { NodeId.Length: > 0 } ? memory : throw new JsonException("it names no node");
        }
        catch (JsonException e)
        {
            throw new SkeinException(
                ErrorKind.Internal, $"{path} cannot be read: {e.Message}. Restore it, or leave the swarm with --force and join it again", e);
        }
    }

    public void Write(string folder)
    {
        var written = UnlockKey is { } key ? this with { Manager = Manager?.Shut(key) } : this;
        PrivateFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(written, SwarmMemoryJson.Default.SwarmMemory));
    }
}

[JsonSerializable(typeof(SwarmMemory))]
[JsonSerializable(typeof(ManagerKeys))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class SwarmMemoryJson : JsonSerializerContext;
