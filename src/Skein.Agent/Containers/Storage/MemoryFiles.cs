using System.Globalization;
using Skein.Agent.Containers.Oci;
using Skein.Linux.Files;
using Skein.Linux.Mounts;
using Skein.Model;

namespace Skein.Agent.Containers.Storage;

/// <summary>
/// The secrets and configs of containers that run: files on one tmpfs of the host, bound into the container one by one. They are
/// written before a start and gone with the container's end; the host's disk never has them.
/// </summary>
internal sealed class MemoryFiles(string folder)
{
    private const string SecretsInContainer = "/run/secrets";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Lock _mounting = new();

    /// <summary>Where the container finds them. What lies behind is there once it starts.</summary>
    public IEnumerable<OciMount> Mounts(string id, ContainerSpec spec) =>
        FilesOf(id, spec).Select(file => new OciMount(file.Target, "bind", file.Path, ["rbind", "ro", "rprivate"]));

    /// <param name="contents">By the id of the secret or config.</param>
    /// <exception cref="SkeinException">One is not given, and is not here from an earlier start.</exception>
    public void Write(string id, ContainerSpec spec, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents)
    {
        if (spec.Secrets.Count + spec.Configs.Count == 0) return;
        EnsureMounted();
        Directory.CreateDirectory(FolderOf(id), OwnerOnly);
        foreach (var (reference, _, path) in FilesOf(id, spec))
        {
            if (!contents.TryGetValue(reference.Id, out var content))
                throw SkeinException.Conflict($"\"{reference.Name}\" is a secret or config of the swarm: the container is started by its task alone");
            using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                file.Write(content.Span);
            }
            FileOwner.Change(path, Number(reference.Uid), Number(reference.Gid));
            File.SetUnixFileMode(path, (UnixFileMode)reference.Mode);
        }
    }

    public void Remove(string id)
    {
        if (Directory.Exists(FolderOf(id))) Directory.Delete(FolderOf(id), recursive: true);
    }

    /// <summary>The containers that have some.</summary>
    public IEnumerable<string> Owners() => Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)) : [];

    private string FolderOf(string id) => Path.Combine(folder, id);

    private IEnumerable<(DependencyReference Reference, string Target, string Path)> FilesOf(string id, ContainerSpec spec) =>
        spec.Secrets.Select(secret => (Reference: secret, Below: SecretsInContainer))
            .Concat(spec.Configs.Select(config => (Reference: config, Below: "/")))
            .Select((file, i) => (
                file.Reference,
                Path.GetFullPath(Path.Combine(file.Below, file.Reference.Target)),
                Path.Combine(FolderOf(id), i.ToString(CultureInfo.InvariantCulture))));

    private void EnsureMounted()
    {
        lock (_mounting)
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            if (!MountPoint.IsMounted(folder)) MountPoint.Mount("tmpfs", folder, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, "mode=0700");
        }
    }

    private static uint Number(string text) => text.Length == 0 ? 0 : uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
