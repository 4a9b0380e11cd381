using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>
/// A folder that containers write to while we do. Everything in it is named from an open folder, and links are taken for what they are:
/// a folder seen a moment ago may be a link to the host's /etc by now.
/// </summary>
public sealed class SharedFolder : IDisposable
{
    // Folders nested deeper are first brought up: each level costs an open file and a frame of the stack.
    private const int DepthMax = 32;

    private const int RoundsMax = 10_000;

    private readonly SafeFileHandle _folder;
    private readonly string _path;
    private long _raised;

    private SharedFolder(SafeFileHandle folder, string path)
    {
        _folder = folder;
        _path = path;
    }

    /// <exception cref="LinuxException">Also when it is a link.</exception>
    public static SharedFolder Open(KernelPath path)
    {
        var folder = new SafeFileHandle(FileCalls.open(path.Bytes, FileCalls.FolderOnly | FileCalls.NoFollow | FileCalls.CloseOnExec, 0), ownsHandle: true);
        return folder.IsInvalid ? throw LinuxException.Last($"open {path}") : new(folder, path.ToString());
    }

    /// <summary>All that lies in a folder on the same file system, and that folder's owner, mode and attributes. A name that is taken stays.</summary>
    /// <exception cref="IOException">Also a <see cref="LinuxException"/>.</exception>
    public void MoveIn(string from)
    {
        using var source = Open(from);
        foreach (var name in Names(source._folder))
        {
            if (FileCalls.renameat2(source._folder, name, _folder, name, FileCalls.NoReplace) == 0) continue;
            var error = LinuxException.Last($"move {KernelPath.Shown(name)} to {_path}");
            if (error.Errno != Errno.EEXIST) throw error;
        }
        FileTree.TakeOver(KernelPath.Of(from), KernelPath.Of(PathOf(_folder)), FileStatus.Of(source._folder, from));
    }

    /// <summary>All that is in it, and no link's target.</summary>
    /// <exception cref="IOException">Also a <see cref="LinuxException"/>.</exception>
    public void Clear()
    {
        // What was brought up meanwhile comes in the next round; who fills the folder without end must not hold us up without end.
        for (var round = 0; Names(_folder) is { Count: > 0 } names; round++)
        {
            if (round == RoundsMax) throw new IOException($"{_path} does not get empty: it is being filled");
            foreach (var name in names) Remove(_folder, name, 0);
        }
    }

    /// <summary>With all that is in it, whatever that is named.</summary>
    /// <exception cref="IOException">Also a <see cref="LinuxException"/>.</exception>
    public static void Delete(KernelPath path)
    {
        using (var folder = Open(path)) folder.Clear();
        if (FileCalls.rmdir(path.Bytes) != 0) throw LinuxException.Last($"remove {path}");
    }

    public void Dispose() => _folder.Dispose();

    private void Remove(SafeFileHandle folder, byte[] name, int depth)
    {
        if (FileCalls.unlinkat(folder, name, 0) == 0) return;
        if (Unless(Errno.EISDIR, name) || FileCalls.unlinkat(folder, name, FileCalls.RemoveFolder) == 0) return;
        if (Unless(Errno.ENOTEMPTY, name)) return;
        if (depth == DepthMax)
        {
            Raise(folder, name);
            return;
        }
        using (var inner = new SafeFileHandle(FileCalls.openat(folder, name, FileCalls.FolderOnly | FileCalls.NoFollow | FileCalls.CloseOnExec), ownsHandle: true))
        {
            if (inner.IsInvalid) return;   // something else by now: the next round
            foreach (var each in Names(inner)) Remove(inner, each, depth + 1);
        }
        // Filled again, or something else by now: the next round of this folder, or of the whole.
        _ = FileCalls.unlinkat(folder, name, FileCalls.RemoveFolder);
    }

    private void Raise(SafeFileHandle folder, byte[] name)
    {
        var raised = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $".raised-{_raised++}\0"));
        if (FileCalls.renameat2(folder, name, _folder, raised, FileCalls.NoReplace) != 0) _ = Unless(Errno.EEXIST, name);
    }

    /// <returns>true when it has gone or changed meanwhile, false when it failed with this very error; any other is thrown.</returns>
    private bool Unless(int expected, byte[] name)
    {
        var error = LinuxException.Last($"remove {KernelPath.Shown(name)} below {_path}");
        if (error.Errno == expected) return false;
        return error.Errno is Errno.ENOENT or Errno.ENOTDIR ? true : throw error;
    }

    /// <summary>With the zero at their end.</summary>
    private static List<byte[]> Names(SafeFileHandle folder)
    {
        using var reading = new SafeFileHandle(FileCalls.openat(folder, ".\0"u8, FileCalls.FolderOnly | FileCalls.CloseOnExec), ownsHandle: true);
        if (reading.IsInvalid) throw LinuxException.Last("open a folder that is there");
        return KernelPath.NamesIn(reading);
    }

    private static string PathOf(SafeFileHandle folder) => $"/proc/self/fd/{folder.DangerousGetHandle()}/.";
}
