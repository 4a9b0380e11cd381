using Skein.Linux.Mounts;

namespace Skein.HostTests;

/// <summary>A file system of its own in memory, over a folder, that can be filled to its last byte.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    public SmallDisk(string folder, string size)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        MountPoint.Mount("tmpfs", _folder, "tmpfs", 0, $"size={size}");
    }

    private string Filler => Path.Combine(_folder, "filler");

    /// <param name="leave">Bytes that stay free.</param>
    public void Fill(int leave = 0)
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        // Large pieces first: each fails when it does not fit whole.
        foreach (var size in (int[])[1 << 16, 1 << 12, 1])
        {
            try
            {
                while (true) file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // As full as pieces of this size make it.
            }
        }
        file.SetLength(file.Length - leave);
    }

    public void Free() => File.Delete(Filler);

    public void Dispose() => MountPoint.Unmount(_folder, lazy: true);
}
