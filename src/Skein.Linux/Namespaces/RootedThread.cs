using Microsoft.Win32.SafeHandles;
using Skein.Linux.Files;
using Skein.Linux.Mounts;

namespace Skein.Linux.Namespaces;

/// <summary>
/// Work on a thread of its own whose root is a folder that somebody else fills: every path that it names leads into that folder, by
/// links too, and no race of the other's leads out. The thread ends with the work.
/// </summary>
/// <remarks>
/// Nothing may run inside that makes libc load a library or a table by a path (names of users and groups, name resolution): it would take
/// the other's. What .NET itself loads late is to be touched before.
/// </remarks>
public static class RootedThread
{
    private const int StackBytes = 1 << 20;

    /// <param name="mounts">Made in a mount namespace of the thread's own before it enters; they vanish with it. null = there is nothing to be mounted.</param>
    /// <param name="open">The root, opened when all is mounted.</param>
    public static Task<T> RunAsync<T>(Action? mounts, Func<SafeFileHandle> open, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                RootCalls.Unshare(mountsToo: mounts is not null);
                if (mounts is not null)
                {
                    MountPoint.Mount("", "/", "", MountFlags.Recursive | MountFlags.Slave);
                    mounts();
                }
                using (var root = open()) RootCalls.Enter(root);
                done.SetResult(work());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }, StackBytes)
        { IsBackground = true, Name = "container root" };
        thread.Start();
        return done.Task;
    }

    /// <summary>Inside what is open; nothing is mounted.</summary>
    public static Task<T> RunAsync<T>(UntrustedRoot root, Func<T> work) => RunAsync(null, root.OpenAgain, work);

    /// <summary>A folder by its path, for its place alone.</summary>
    public static SafeFileHandle Open(string root) => RootedPath.OpenRoot(root);
}
