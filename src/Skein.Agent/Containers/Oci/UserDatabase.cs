using System.Globalization;
using Skein.Model;

namespace Skein.Agent.Containers.Oci;

/// <summary>
/// "user[:group]" to numbers by a container's own /etc/passwd and /etc/group. Pure: the files come as text, null when
/// the container has none.
/// </summary>
internal sealed class UserDatabase(string? passwd, string? group)
{
    /// <summary>Beyond this neither file is read: who fills it is not trusted to keep it small.</summary>
    public const int BytesMax = 4 << 20;

    public OciUser Resolve(string spec, IEnumerable<string> extraGroups)
    {
        var (user, groupName) = Split(spec);
        var (uid, gid, name) = FindUser(user);
        if (groupName is not null)
            gid = FindGroup(groupName);
        // Memberships count for a user that has a name, and not when a group was named.
        IEnumerable<uint> memberships = groupName is null && name is not null
            ? Entries(group, 4).Where(entry => entry[3].Split(',').Contains(name)).Select(entry => Number(entry[2]) ?? 0)
            : [];
        var additional = memberships.Concat(extraGroups.Select(FindGroup)).Where(id => id != gid).Prepend(gid).Distinct().ToList();
        return new OciUser(uid, gid, additional);
    }

    private (uint Uid, uint Gid, string? Name) FindUser(string user)
    {
        var number = Number(user);
        foreach (var entry in Entries(passwd, 4))
        {
            if (entry[0] == user || (number is not null && Number(entry[2]) == number))
                return (Number(entry[2]) ?? 0, Number(entry[3]) ?? 0, entry[0]);
        }
        return number is { } uid
            ? (uid, 0, null)
            : throw SkeinException.Invalid($"unable to find user {user}: no matching entries in passwd file");
    }

    private uint FindGroup(string name)
    {
        foreach (var entry in Entries(group, 3))
        {
            if (entry[0] == name)
                return Number(entry[2]) ?? 0;
        }
        return Number(name) ?? throw SkeinException.Invalid($"unable to find group {name}: no matching entries in group file");
    }

    private static (string User, string? Group) Split(string spec)
    {
        var colon = spec.IndexOf(':');
        var (user, group) = colon < 0 ? (spec, null) : (spec[..colon], spec[(colon + 1)..]);
        return (user.Length == 0 ? "0" : user, string.IsNullOrEmpty(group) ? null : group);
    }

    private static IEnumerable<string[]> Entries(string? text, int fields) =>
        (text ?? "").Split('\n').Select(line => line.TrimEnd('\r').Split(':')).Where(entry => entry.Length >= fields);

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
