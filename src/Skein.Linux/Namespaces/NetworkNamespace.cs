using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Mounts;

namespace Skein.Linux.Namespaces;

/// <summary>
/// A network namespace, held open by a descriptor. A namespace that must outlive the daemon is pinned: bound over a file,
/// so that a fresh daemon finds it by its path and no process is needed to keep it.
/// </summary>
/// <remarks>
/// A thread that has entered a namespace is never given back: it ends. The pool's threads therefore never enter one.
/// Entering and ending costs some 140 µs; sockets made inside keep their namespace and serve from any thread.
/// </remarks>
public sealed class NetworkNamespace : IDisposable
{
    // What runs inside is small; nftables' parser is the deepest of it.
    private const int StackBytes = 1 << 20;

    private readonly SafeFileHandle _handle;

    private NetworkNamespace(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
    }

    /// <summary>Where it is pinned, or the /proc path it was opened by.</summary>
    public string Path { get; }

    /// <summary>For rtnetlink's IFLA_NET_NS_FD and for setns; belongs to this object.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>The namespace's identity while it lives: two paths with the same number are the same namespace.</summary>
    public ulong Inode => NamespaceCalls.Inode(_handle, Path);

    /// <summary>Makes a fresh namespace and pins it at <paramref name="path"/>. Loopback is there and down.</summary>
    /// <exception cref="LinuxException">EEXIST when a namespace is pinned there already; EPERM without CAP_SYS_ADMIN.</exception>
    public static NetworkNamespace Create(string path)
    {
        if (IsPinned(path)) throw new LinuxException($"pin network namespace at {path}", Errno.EEXIST);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
        try
        {
            OnOwnThread(() =>
            {
                NamespaceCalls.Unshare();
                MountPoint.Bind("/proc/thread-self/ns/net", path);
                return true;
            });
            return Open(path);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>What is pinned at the path, or a new one.</summary>
    public static NetworkNamespace OpenOrCreate(string path) => TryOpen(path) ?? Create(path);

    /// <summary>Opens a pin or a /proc/PID/ns/net.</summary>
    /// <exception cref="LinuxException">ENOENT; EINVAL when there is no network namespace at the path.</exception>
    public static NetworkNamespace Open(string path)
    {
        var handle = NamespaceCalls.Open(path);
        if (NamespaceCalls.IsNamespace(handle)) return new NetworkNamespace(path, handle);
        handle.Dispose();
        throw new LinuxException($"open network namespace {path}", Errno.EINVAL, "no namespace is pinned there");
    }

    /// <summary>null when there is no file, or a file without a namespace (a pin that a reboot has emptied).</summary>
    public static NetworkNamespace? TryOpen(string path) => IsPinned(path) ? Open(path) : null;

    /// <summary>The one this process runs in: the host's.</summary>
    public static NetworkNamespace OpenHost() => Open("/proc/self/ns/net");

    public static bool IsPinned(string path)
    {
        if (!File.Exists(path)) return false;
        using var handle = NamespaceCalls.Open(path);
        return NamespaceCalls.IsNamespace(handle);
    }

    /// <summary>Removes the pin. The namespace itself goes with the last process, socket or descriptor in it. May be repeated.</summary>
    public static void Delete(string path)
    {
        // More than one pin may have been stacked on one file by daemons that raced.
        while (IsPinned(path)) MountPoint.Unmount(path, lazy: true);
        File.Delete(path);
    }

    /// <summary>Pins it again where it is no longer: somebody has unmounted it, or put another in its place.</summary>
    /// <returns>Whether that was so.</returns>
    public bool EnsurePinned()
    {
        if (IsPinned(Path))
        {
            using var there = Open(Path);
            if (there.Inode == Inode) return false;
        }
        Delete(Path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllBytes(Path, []);
        MountPoint.Bind($"/proc/self/fd/{_handle.DangerousGetHandle()}", Path);
        return true;
    }

    /// <summary>Runs inside, on a thread of its own, and waits for it.</summary>
    public T Run<T>(Func<T> work) => OnOwnThread(() =>
    {
        NamespaceCalls.Enter(_handle, Path);
        return work();
    });

    public void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });

    /// <summary>As <see cref="Run{T}"/>, without holding the caller's thread.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start(() =>
        {
            try
            {
                NamespaceCalls.Enter(_handle, Path);
                done.SetResult(work());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    public void Dispose() => _handle.Dispose();

    private static T OnOwnThread<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Start(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        }).Join();
        failure?.Throw();
        return result;
    }

    private static Thread Start(ThreadStart work)
    {
        var thread = new Thread(work, StackBytes) { IsBackground = true, Name = "netns" };
        thread.UnsafeStart();
        return thread;
    }
}
