namespace Skein.Linux.Mounts;

/// <summary>mount(2)'s MS_* bits.</summary>
[Flags]
public enum MountFlags : ulong
{
    None = 0,
    ReadOnly = 1,
    NoSuid = 2,
    NoDev = 4,
    NoExec = 8,
    Synchronous = 16,
    Remount = 32,
    MandatoryLocks = 64,
    SynchronousFolders = 128,
    NoAccessTimes = 1024,
    NoFolderAccessTimes = 2048,
    Bind = 4096,
    Recursive = 16384,
    Unbindable = 1 << 17,
    Private = 1 << 18,
    Slave = 1 << 19,
    Shared = 1 << 20,
    RelativeAccessTimes = 1 << 21,
    StrictAccessTimes = 1 << 24,
}
