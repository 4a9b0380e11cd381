namespace Skein.Linux.Mounts;

/// <summary>Options as mount(8) takes them after -o: the kernel's flags, and the rest, which is the file system's.</summary>
/// <param name="Propagation">What follows the mount in a call of its own; None for nothing.</param>
public sealed record MountOptions(MountFlags Flags, MountFlags Propagation, string Data)
{
    private static readonly Dictionary<string, (MountFlags Flag, bool Clear)> s_flags = new(StringComparer.Ordinal)
    {
        ["defaults"] = (MountFlags.None, false),
        ["ro"] = (MountFlags.ReadOnly, false),
        ["rw"] = (MountFlags.ReadOnly, true),
        ["suid"] = (MountFlags.NoSuid, true),
        ["nosuid"] = (MountFlags.NoSuid, false),
        ["dev"] = (MountFlags.NoDev, true),
        ["nodev"] = (MountFlags.NoDev, false),
        ["exec"] = (MountFlags.NoExec, true),
        ["noexec"] = (MountFlags.NoExec, false),
        ["sync"] = (MountFlags.Synchronous, false),
        ["async"] = (MountFlags.Synchronous, true),
        ["dirsync"] = (MountFlags.SynchronousFolders, false),
        ["mand"] = (MountFlags.MandatoryLocks, false),
        ["nomand"] = (MountFlags.MandatoryLocks, true),
        ["atime"] = (MountFlags.NoAccessTimes, true),
        ["noatime"] = (MountFlags.NoAccessTimes, false),
        ["diratime"] = (MountFlags.NoFolderAccessTimes, true),
        ["nodiratime"] = (MountFlags.NoFolderAccessTimes, false),
        ["relatime"] = (MountFlags.RelativeAccessTimes, false),
        ["norelatime"] = (MountFlags.RelativeAccessTimes, true),
        ["strictatime"] = (MountFlags.StrictAccessTimes, false),
        ["nostrictatime"] = (MountFlags.StrictAccessTimes, true),
        ["bind"] = (MountFlags.Bind, false),
        ["rbind"] = (MountFlags.Bind | MountFlags.Recursive, false),
    };

    private static readonly Dictionary<string, MountFlags> s_propagations = new(StringComparer.Ordinal)
    {
        ["private"] = MountFlags.Private,
        ["rprivate"] = MountFlags.Private | MountFlags.Recursive,
        ["shared"] = MountFlags.Shared,
        ["rshared"] = MountFlags.Shared | MountFlags.Recursive,
        ["slave"] = MountFlags.Slave,
        ["rslave"] = MountFlags.Slave | MountFlags.Recursive,
        ["unbindable"] = MountFlags.Unbindable,
        ["runbindable"] = MountFlags.Unbindable | MountFlags.Recursive,
    };

    public static MountOptions Parse(string text)
    {
        var (flags, propagation, data) = (MountFlags.None, MountFlags.None, new List<string>());
        foreach (var option in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (s_flags.TryGetValue(option, out var known)) flags = known.Clear ? flags & ~known.Flag : flags | known.Flag;
            else if (s_propagations.TryGetValue(option, out var other)) propagation = other;
            else data.Add(option);
        }
        return new(flags, propagation, string.Join(',', data));
    }

    /// <exception cref="LinuxException"/>
    public void Mount(string device, string target, string type)
    {
        var binds = Flags.HasFlag(MountFlags.Bind);
        MountPoint.Mount(device, target, binds ? "" : type, binds ? Flags & (MountFlags.Bind | MountFlags.Recursive) : Flags, Data);
        try
        {
            // On a fresh bind the kernel ignores the others.
            if (binds && (Flags & ~(MountFlags.Bind | MountFlags.Recursive)) is not MountFlags.None and var rest)
                MountPoint.Mount("", target, "", rest | MountFlags.Bind | MountFlags.Remount);
            if (Propagation != MountFlags.None) MountPoint.Mount("", target, "", Propagation);
        }
        catch (LinuxException)
        {
            MountPoint.Unmount(target, lazy: true);
            throw;
        }
    }
}
