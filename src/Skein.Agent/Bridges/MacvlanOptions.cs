using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>The options of Docker's driver "macvlan", in its words.</summary>
public static class MacvlanOptions
{
    public const string Driver = "macvlan";
    public const string Parent = "parent";
    public const string Mode = "macvlan_mode";

    private const int NameLimit = 15;   // the kernel's IFNAMSIZ, less the end

    public static void Check(IEnumerable<KeyValuePair<string, string>> options)
    {
        foreach (var (name, value) in options)
        {
            if (name == Parent) CheckParent(value);
            else if (name == Mode) ModeOf(value);
            else throw SkeinException.NotImplemented($"the option \"{name}\" of the driver {Driver} is not supported");
        }
    }

    public static MacvlanMode ModeOf(string text) => text switch
    {
        "" or "bridge" => MacvlanMode.Bridge,
        "private" => MacvlanMode.Private,
        "vepa" => MacvlanMode.Vepa,
        "passthru" => MacvlanMode.Passthru,
        _ => throw new SkeinException(ErrorKind.Internal, $"requested macvlan mode '{text}' is not valid, 'bridge' mode is the macvlan driver default"),
    };

    /// <summary>The device below and the tag of "eth0.10".</summary>
    public static (string Lower, ushort Id) VlanOf(string name)
    {
        if (!name.Contains('.')) throw new SkeinException(ErrorKind.Internal, $"invalid subinterface vlan name {name}, example formatting is eth0.10");
        if (name.Split('.') is not [var lower, var tag])
            throw new SkeinException(ErrorKind.Internal, $"required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {name}");
        if (!int.TryParse(tag, out var id)) throw new SkeinException(ErrorKind.Internal, $"unable to parse a valid vlan id from: {tag} (ex. eth0.10 for vlan 10)");
        return id is >= 1 and <= 4094 ? (lower, (ushort)id) : throw new SkeinException(ErrorKind.Internal, $"vlan id must be between 1-4094, received: {id}");
    }

    private static void CheckParent(string name)
    {
        if (name == "lo") throw new SkeinException(ErrorKind.Internal, "loopback interface is not a valid macvlan parent link");
        if (name.Length > NameLimit || name.Any(c => c is '/' or ' ' or ':' || char.IsControl(c)) || name is "." or "..") throw SkeinException.Invalid($"invalid parent interface \"{name}\"");
    }
}
