using Skein.Agent.Containers.Archive;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Processes;
using Skein.Linux.Files;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>A container's files from outside: `docker cp`, `export` and `diff`. Of one that runs they are as its processes see them.</summary>
public sealed partial class ContainerEngine
{
    public Task<PathStat> StatPathAsync(string id, KernelPath path, CancellationToken cancel) =>
        InRootAsync(containers.Find(id), writes: false, () => StatOf(ArchivePath.Of(path), id), cancel);

    public async Task ReadArchiveAsync(string id, KernelPath path, Func<PathStat, Stream> begin, CancellationToken cancel)
    {
        var (container, place) = (containers.Find(id), ArchivePath.Of(path));
        TarPacking.Touch();
        await InRootAsync(container, writes: false, () =>
        {
            var packing = new TarPacking(begin(StatOf(place, id)), oneFileSystem: false, cancel);
            packing.Add(place.Whole, place.Name.AsSpan().SequenceEqual("/"u8) ? [] : place.Name);
            packing.End();
            return true;
        }, cancel);
        Publish(container, "archive-path");
    }

    public async Task ExportAsync(string id, Func<Stream> begin, CancellationToken cancel)
    {
        var container = FindWhole(id, "export");
        TarPacking.Touch();
        await InRootAsync(container, writes: false, () =>
        {
            var packing = new TarPacking(begin(), oneFileSystem: true, cancel);
            packing.Add("/", []);
            packing.End();
            return true;
        }, cancel);
        Publish(container, "export");
    }

    public async Task WriteArchiveAsync(string id, KernelPath path, Stream tar, bool keepKinds, bool ownersOfContainer, CancellationToken cancel)
    {
        var (container, place) = (containers.Find(id), ArchivePath.Of(path));
        RequireWritable(container.Record.Definition.Spec, place.Whole.ToString());
        var owner = ownersOfContainer ? await OwnerAsync(container, cancel) : null;
        TarPacking.Touch();
        await InRootAsync(container, writes: true, () =>
        {
            var there = FileStatus.FindTarget(place.Folder) ?? throw NoSuchPath(path, id);
            if (there.Kind != FileKind.Folder) throw SkeinException.Invalid("extraction point is not a directory");
            new TarUnpacking(place.Folder, keepKinds, owner, cancel).Run(tar);
            return true;
        }, cancel);
        Publish(container, "extract-to-dir");
    }

    public async Task<IReadOnlyList<PathChange>> ChangesAsync(string id, CancellationToken cancel)
    {
        var container = containers.Find(id);
        var mounts = container.RootMounts[0];
        var mounted = container.Record.Definition.Spec.Mounts.Select(mount => Path.TrimEndingDirectorySeparator(mount.Target)).ToHashSet(StringComparer.Ordinal);
        try
        {
            return await Task.Run(() => ContainerChanges.Of(RootLayers.Of(mounts.Type, mounts.Source, mounts.Options).Folders, mounted), cancel);
        }
        catch (IOException) when (container.Removing || container.Removed.IsCompleted)
        {
            throw SkeinException.NotFound($"No such container: {id}");
        }
    }

    private static PathStat StatOf(ArchivePath place, string id)
    {
        var status = FileStatus.Find(place.Whole) ?? throw NoSuchPath(place.Whole, id);
        var link = status.Kind == FileKind.Link ? TargetOf(place.Whole).ToString() : "";
        return new(place.ShownName, status.Size, GoFileMode.Of(status), DateTimeOffset.FromUnixTimeSeconds(status.ModifiedSeconds).AddTicks(status.ModifiedNanoseconds / 100), link);
    }

    private static KernelPath TargetOf(KernelPath link)
    {
        KernelPath root = "/";
        var to = FileLink.Read(link);
        return root.Within(to.AsSpan().StartsWith("/"u8) ? to : [.. link.Parent.Text, (byte)'/', .. to]);
    }

    private static SkeinException NoSuchPath(KernelPath path, string id) => SkeinException.NotFound($"Could not find the file {path} in container {id}");

    /// <summary>As a process in it would have it; nothing outside of the container is reached by any path or link.</summary>
    private async Task<T> InRootAsync<T>(ManagedContainer container, bool writes, Func<T> work, CancellationToken cancel)
    {
        while (true)
        {
            if (container.Running && ContainerProcesses.RootOf((int)container.Record.State.Pid, container.Id) is { } open)
            {
                using (open) return await RootedThread.RunAsync(open, work);
            }
            // It must not start meanwhile: two would have its layer mounted.
            using (await HoldAsync(container, cancel))
            {
                if (!container.Running) return await InStoppedRootAsync(container, writes, work);
            }
            // It has just been started, or its process has ended and nobody has told yet.
            await Task.Delay(RetryDelay, time, cancel);
        }
    }

    private async Task<T> InStoppedRootAsync<T>(ManagedContainer container, bool writes, Func<T> work)
    {
        var root = new StoppedRoot(
            Path.Combine(options.CopyFolder, $"root-{ids.NewContainerId()[..12]}"), container.RootMounts[0], container.Record.Definition.Spec.Mounts, container.Id, options.Volumes);
        return await root.RunAsync(writes, work);
    }

    /// <returns>null when it has none: what is copied keeps its owners then, as in Docker. An image's USER that is root counts as none.</returns>
    private async Task<(uint User, uint Group)?> OwnerAsync(ManagedContainer container, CancellationToken cancel)
    {
        var user = (await ProcessOfAsync(container, cancel)).User;
        return container.Record.Definition.Spec.User.Length == 0 && (user.Uid, user.Gid) == (0, 0) ? null : (user.Uid, user.Gid);
    }

    /// <summary>The mount that is nearest decides, and without one the root.</summary>
    private static void RequireWritable(ContainerSpec spec, string path)
    {
        var nearest = spec.Mounts.Where(mount => path == mount.Target || path.StartsWith(mount.Target + "/", StringComparison.Ordinal)).MaxBy(mount => mount.Target.Length);
        if (nearest?.ReadOnly == true) throw new SkeinException(ErrorKind.Forbidden, "mounted volume is marked read-only");
        if (nearest is null && spec.ReadOnly) throw new SkeinException(ErrorKind.Forbidden, "container rootfs is marked read-only");
    }
}
