using System.Formats.Tar;
using System.Text;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Archive;
using Skein.Agent.Tar;
using Skein.Linux.Files;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

public sealed class ArchiveTests
{
    private const uint GoFolder = 1u << 31, GoLink = 1u << 27;

    [Fact]
    public async Task What_a_container_has_is_read_as_it_sees_it()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sh", "-c", "mkdir -p /d/sub; echo hi > /d/a; chown 5:6 /d/a; chmod 640 /d/a; ln /d/a /d/h; ln -s /etc/passwd /d/l; mkfifo /d/p; touch /ready; sleep 1000");
        await Poll.UntilAsync("it has made its files", () => ExistsAsync(host, id, "/ready"), there => there);

        var entries = await ReadAsync(host, id, "/d");
        Assert.Equal(["d/", "d/a", "d/h", "d/l", "d/p", "d/sub/"], entries.Keys.Order(StringComparer.Ordinal));
        var file = entries["d/a"];
        Assert.Equal((5, 6, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, "hi\n"), (file.Entry.Uid, file.Entry.Gid, file.Entry.Mode, file.Text));
        Assert.Equal((TarEntryType.HardLink, "d/a"), (entries["d/h"].Entry.EntryType, entries["d/h"].Entry.LinkName));
        Assert.Equal((TarEntryType.SymbolicLink, "/etc/passwd"), (entries["d/l"].Entry.EntryType, entries["d/l"].Entry.LinkName));
        Assert.All(entries.Values, entry => Assert.Equal("", (entry.Entry as PosixTarEntry)?.UserName));

        Assert.Equal(["./", "./a", "./h", "./l", "./p", "./sub/"], (await ReadAsync(host, id, "/d/.")).Keys.Order(StringComparer.Ordinal));
        var link = await host.Engine.StatPathAsync(id, "/d/l", default);
        Assert.Equal((GoLink, "/etc/passwd"), (link.Mode & GoLink, link.LinkTarget));
        Assert.Equal(GoFolder, (await host.Engine.StatPathAsync(id, "/d", default)).Mode & GoFolder);
        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StatPathAsync(id, "/nothing", default));
        Assert.Equal((ErrorKind.NotFound, $"Could not find the file /nothing in container {id}"), (refused.Kind, refused.Message));
    }

    [Fact]
    public async Task What_is_written_belongs_to_whom_the_tar_says()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sh", "-c", "mkdir /d; touch /ready; sleep 1000");
        await Poll.UntilAsync("it has its folder", () => ExistsAsync(host, id, "/ready"), there => there);

        await host.Engine.WriteArchiveAsync(id, "/d", Tar(File("x/y", "text", 7, 8), Linked("x/z", "y")), keepKinds: true, ownersOfContainer: false, default);
        var entries = await ReadAsync(host, id, "/d/x");
        Assert.Equal((7, 8, "text"), (entries["x/y"].Entry.Uid, entries["x/y"].Entry.Gid, entries["x/y"].Text));
        Assert.Equal("y", entries["x/z"].Entry.LinkName);

        // As to its own user only where it has one.
        await host.Engine.WriteArchiveAsync(id, "/d", Tar(File("own", "", 7, 8)), keepKinds: true, ownersOfContainer: true, default);
        Assert.Equal((7, 8), await OwnerAsync(id, "/d/own"));
        var definition = EngineHost.Define("other", "sleep", "1000");
        definition.Spec.User = "5:6";
        var other = await host.RunAsync(definition);
        await host.Engine.WriteArchiveAsync(other, "/", Tar(File("own", "", 7, 8)), keepKinds: true, ownersOfContainer: true, default);
        Assert.Equal((5, 6), await OwnerAsync(other, "/own"));

        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/d", Tar(File("x", "", 0, 0)), keepKinds: true, ownersOfContainer: false, default));
        Assert.Equal("cannot overwrite directory \"/d/x\" with non-directory \"/d\"", refused.Message);
        refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/d/x/y", Tar(), keepKinds: true, ownersOfContainer: false, default));
        Assert.Equal("extraction point is not a directory", refused.Message);
        refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/d", new MemoryStream(Encoding.ASCII.GetBytes(new string('x', 2000))), keepKinds: true, ownersOfContainer: false, default));
        Assert.Equal((ErrorKind.Internal, "archive/tar: invalid tar header"), (refused.Kind, refused.Message));

        async Task<(int, int)> OwnerAsync(string container, string path)
        {
            var entry = Assert.Single((await ReadAsync(host, container, path)).Values).Entry;
            return (entry.Uid, entry.Gid);
        }
    }

    /// <summary>Byte for byte, and what a program may do beyond its user's rights; other attributes come in and are not taken out, as in Docker.</summary>
    [Fact]
    public async Task Names_are_bytes_and_capabilities_go_along()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var root = $"/proc/{host.Engine.Find(id).State.Pid}/root";
        byte[] odd = [(byte)'x', 0xff, 0xc3, (byte)'(', (byte)'\n', 0x80], far = [.. Enumerable.Repeat((byte)'d', 250), (byte)'/', .. Enumerable.Repeat((byte)0xe9, 250)];
        // Fixed text of the kernel's format; the value as a whole is no UTF-8, and has a line's end.
        byte[] capability = [1, 0, 0, 2, 0, 4, 0, 0, 10, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        TarHead[] heads =
        [
            new(TarKind.Folder, "d/"u8.ToArray()) { Mode = 0x1c0, User = 3_000_000, ModifiedSeconds = 1_234_567_890, ModifiedNanoseconds = 0 },
            new(TarKind.Plain, [.. "d/"u8, .. odd]) { Mode = 0x9ed, User = 7, Attributes = [new("security.capability"u8.ToArray(), capability), new("trusted.other"u8.ToArray(), [0, 255])] },
            new(TarKind.Plain, [.. "d/"u8, .. far]) { Mode = 0x1a4 },
            new(TarKind.HardLink, "d/hard"u8.ToArray()) { LinkName = [.. "d/"u8, .. odd], Mode = 0x9ed, User = 7 },
            new(TarKind.Link, [.. "d/l"u8, 0xfe]) { LinkName = [0xfe, 0xff, .. far], Mode = 0x1ff, Attributes = [new("user.none"u8.ToArray(), [1])] },
        ];
        await host.Engine.WriteArchiveAsync(id, "/", Packed(heads), keepKinds: true, ownersOfContainer: false, default);

        KernelPath program = KernelPath.Of([.. Encoding.ASCII.GetBytes(root + "/d/"), .. odd]);
        Assert.Equal(capability, ExtendedAttribute.Read(program, "security.capability\0"u8));
        Assert.Equal([0, 255], ExtendedAttribute.Read(program, "trusted.other\0"u8));
        Assert.Equal((7u, 0x9edu), (FileStatus.Of(program).User, FileStatus.Of(program).Mode & 0xfff));
        Assert.Equal((3_000_000u, 1_234_567_890L), (FileStatus.Of(root + "/d").User, FileStatus.Of(root + "/d").ModifiedSeconds));

        var target = new MemoryStream();
        await host.Engine.ReadArchiveAsync(id, "/d", _ => target, default);
        var read = Heads(target);
        // In the order of their bytes; the folder between was made for what lies in it.
        Assert.Equal(
            [heads[0].Name, [.. "d/"u8, .. far.AsSpan(0, 251)], heads[2].Name, heads[3].Name, heads[4].Name, heads[1].Name],
            read.Select(head => head.Name));
        Assert.Equal(heads[4].LinkName, read[4].LinkName);
        Assert.Equal((TarKind.Plain, TarKind.HardLink), (read[3].Kind, read[5].Kind));
        Assert.Equal(read[3].Name, read[5].LinkName);
        var attribute = Assert.Single(read[3].Attributes);
        Assert.Equal(("security.capability", Convert.ToHexString(capability)), (Encoding.ASCII.GetString(attribute.Name), Convert.ToHexString(attribute.Value)));
        Assert.Empty(read[2].Attributes);

        target = new MemoryStream();
        await host.Engine.ReadArchiveAsync(id, KernelPath.Of([.. "/d/l"u8, 0xfe]), _ => target, default);
        Assert.Equal([(byte)'l', 0xfe], Assert.Single(Heads(target)).Name);
    }

    /// <summary>The stack of the thread inside is a MiB, and a path of the kernel's has two thousand folders.</summary>
    [Fact]
    public async Task Folders_in_folders_to_the_kernels_bound_are_read_and_replaced()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        byte[] deep = [.. Enumerable.Repeat("d/"u8.ToArray(), 2000).SelectMany(step => step), (byte)'f'];
        await host.Engine.WriteArchiveAsync(id, "/", Packed(new TarHead(TarKind.Plain, deep)), keepKinds: true, ownersOfContainer: false, default);

        var target = new MemoryStream();
        await host.Engine.ReadArchiveAsync(id, "/d", _ => target, default);
        Assert.Equal(deep, Heads(target)[^1].Name);
        Assert.Equal(2001, Heads(target).Count);
        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/", Packed(new TarHead(TarKind.Plain, [.. deep, .. deep, .. deep])), keepKinds: true, ownersOfContainer: false, default));
        Assert.EndsWith(": file name too long", refused.Message);
        await host.Engine.WriteArchiveAsync(id, "/", Packed(new TarHead(TarKind.Plain, "d"u8.ToArray())), keepKinds: false, ownersOfContainer: false, default);
        Assert.Equal(FileKind.Plain, FileStatus.Of($"/proc/{host.Engine.Find(id).State.Pid}/root/d").Kind);
    }

    /// <summary>Those of tar(1) in each form that it writes; one with holes is refused, and not unpacked as something else.</summary>
    [Theory]
    [InlineData("v7", "")]
    [InlineData("oldgnu", "")]
    [InlineData("gnu", "")]
    [InlineData("ustar", "")]
    [InlineData("posix", "")]
    [InlineData("gnu", "--sparse")]
    [InlineData("posix", "--sparse")]
    public async Task What_tar_writes_is_taken(string format, string sparse)
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var from = Directory.CreateDirectory(Path.Combine(host.Containerd.Folder, "from")).FullName;
        var name = format == "v7" ? "short" : new string('n', 60) + "/" + new string('m', format == "ustar" ? 90 : 200);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(from, name))!);
        await System.IO.File.WriteAllTextAsync(Path.Combine(from, name), "text");
        if (sparse.Length > 0) Commands.Run("truncate", "-s", "1M", Path.Combine(from, name));
        var tar = Path.Combine(host.Containerd.Folder, "tar");
        Commands.Run("tar", ["-C", from, $"--format={format}", .. sparse.Length > 0 ? [sparse] : (string[])[], "-cf", tar, "."]);
        await using var stream = System.IO.File.OpenRead(tar);
        var writing = host.Engine.WriteArchiveAsync(id, "/", stream, keepKinds: true, ownersOfContainer: false, default);
        if (sparse.Length > 0)
        {
            Assert.Equal("archive/tar: a file of holes (tar --sparse) is not supported: pack it without that", (await Assert.ThrowsAsync<SkeinException>(() => writing)).Message);
            return;
        }
        await writing;
        Assert.Equal("text", await System.IO.File.ReadAllTextAsync($"/proc/{host.Engine.Find(id).State.Pid}/root/{name}"));
    }

    [Fact]
    public async Task A_full_disk_is_told_in_Dockers_words_and_the_container_goes_on()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "sleep", "1000");
        var mount = new Mount { Type = "volume", Source = "small", Target = "/small" };
        foreach (var (key, value) in (KeyValuePair<string, string>[])[new("type", "tmpfs"), new("o", "size=1m"), new("device", "tmpfs")]) mount.VolumeDriverOptions[key] = value;
        definition.Spec.Mounts.Add(mount);
        var id = await host.RunAsync(definition);
        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/small", Tar(File("large", new string('x', 2 << 20), 0, 0)), keepKinds: true, ownersOfContainer: false, default));
        Assert.Equal((ErrorKind.Internal, "write /small/large: no space left on device"), (refused.Kind, refused.Message));
        refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/small", Tar(File("folder/more", new string('x', 100), 0, 0)), keepKinds: true, ownersOfContainer: false, default));
        Assert.EndsWith(": no space left on device", refused.Message);
        Assert.Equal(0, (await host.ExecAsync(id, EngineHost.Exec("sh", "-c", ": > /small/large"))).ExitCode);
        await host.Engine.WriteArchiveAsync(id, "/small", Tar(File("little", "text", 0, 0)), keepKinds: true, ownersOfContainer: false, default);
        Assert.Equal("text", (await ReadAsync(host, id, "/small/little"))["little"].Text);
    }

    /// <summary>Neither the container's links nor the tar's names and links lead onto the host.</summary>
    [Fact]
    public async Task Nothing_leads_out_of_the_container()
    {
        await using var host = await EngineHost.StartAsync();
        var outside = Path.Combine(host.Containerd.Folder, "outside");
        Directory.CreateDirectory(outside);
        var id = await host.RunAsync("box", "sh", "-c", $"mkdir -p {outside} /d; ln -s {outside} /d/out; ln -s ../../../../../../../../{outside} /d/up; touch /ready; sleep 1000");
        await Poll.UntilAsync("it has its links", () => ExistsAsync(host, id, "/ready"), there => there);

        await host.Engine.WriteArchiveAsync(id, "/d/out", Tar(File("by-link", "x", 0, 0)), keepKinds: false, ownersOfContainer: false, default);
        await host.Engine.WriteArchiveAsync(id, "/d", Tar(File("up/by-climbing", "x", 0, 0), File($"../../../..{outside}/by-name", "x", 0, 0), Linked("sly", outside), File("sly/by-tar", "x", 0, 0)), keepKinds: false, ownersOfContainer: false, default);

        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Equal(["by-climbing", "by-link", "by-tar"], (await ReadAsync(host, id, outside)).Keys.Select(name => Path.GetFileName(name)).Where(name => name.Length > 0).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_that_does_not_run_is_read_and_written_with_its_volumes()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "sh", "-c", "echo in > /vol/f; echo layer > /f; rm /etc/group");
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "named", Target = "/vol" });
        var id = await host.RunAsync(definition);
        Assert.Equal(0, await host.WaitAsync(id));

        Assert.Equal("in\n", (await ReadAsync(host, id, "/vol/f"))["f"].Text);
        Assert.Equal("layer\n", (await ReadAsync(host, id, "/f"))["f"].Text);
        await host.Engine.WriteArchiveAsync(id, "/vol", Tar(File("back", "again", 0, 0)), keepKinds: true, ownersOfContainer: false, default);
        await host.Engine.WriteArchiveAsync(id, "/", Tar(File("root", "again", 0, 0)), keepKinds: true, ownersOfContainer: false, default);
        Assert.Equal("again", await System.IO.File.ReadAllTextAsync(Path.Combine(host.Options.DataRoot, "volumes/named/_data/back")));
        Assert.Equal("again", (await ReadAsync(host, id, "/root"))["root"].Text);

        Assert.Equal([new(ChangeKind.Modified, "/etc"), new(ChangeKind.Deleted, "/etc/group"), new(ChangeKind.Added, "/f"), new PathChange(ChangeKind.Added, "/root")], await host.Engine.ChangesAsync(id, default));
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(host.Options.ExecRoot, "copy")));
    }

    /// <summary>`docker create -v`, and `docker cp` before the start: the places of its volumes are made as the start makes them.</summary>
    [Fact]
    public async Task One_that_was_never_started_has_its_volumes()
    {
        await using var host = await EngineHost.StartAsync();
        var outside = Path.Combine(host.Containerd.Folder, "settings");
        await System.IO.File.WriteAllTextAsync(outside, "host");
        var definition = EngineHost.Define("box", "cat", "/deep/vol/f");
        definition.Spec.Mounts.Add([
            new Mount { Type = "volume", Source = "named", Target = "/deep/vol" },
            new Mount { Type = "bind", Source = outside, Target = "/conf/settings" }]);
        var id = (await host.Engine.CreateAsync(definition, default)).Id;

        Assert.Equal("host", (await ReadAsync(host, id, "/conf/settings"))["settings"].Text);
        Assert.Contains("vol/", (await ReadAsync(host, id, "/deep/vol")).Keys);
        await host.Engine.WriteArchiveAsync(id, "/deep/vol", Tar(File("f", "before", 0, 0)), keepKinds: true, ownersOfContainer: false, default);
        Assert.Equal("before", await System.IO.File.ReadAllTextAsync(Path.Combine(host.Options.DataRoot, "volumes/named/_data/f")));
        Assert.Equal("before", (await ReadAsync(host, id, "/deep/vol/f"))["f"].Text);
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(host.Options.ExecRoot, "copy")));
    }

    [Fact]
    public async Task An_export_is_the_root_without_what_is_mounted_into_it()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "sh", "-c", "echo in > /vol/f; echo layer > /f; touch /ready; sleep 1000");
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "named", Target = "/vol" });
        var id = await host.RunAsync(definition);
        await Poll.UntilAsync("it has made its files", () => ExistsAsync(host, id, "/ready"), there => there);

        var target = new MemoryStream();
        await host.Engine.ExportAsync(id, () => target, default);
        var entries = Entries(target);
        Assert.Equal("layer\n", entries["f"].Text);
        Assert.Contains("vol/", entries.Keys);
        Assert.DoesNotContain(entries.Keys, name => name.StartsWith("vol/", StringComparison.Ordinal) && name.Length > 4 || name.StartsWith("proc/", StringComparison.Ordinal) && name.Length > 5);
    }

    [Fact]
    public async Task A_root_that_is_read_only_stays_so()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "sleep", "1000");
        definition.Spec.ReadOnly = true;
        var id = await host.RunAsync(definition);
        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.WriteArchiveAsync(id, "/", Tar(File("x", "", 0, 0)), keepKinds: true, ownersOfContainer: false, default));
        Assert.Equal((ErrorKind.Forbidden, "container rootfs is marked read-only"), (refused.Kind, refused.Message));
    }

    private static async Task<bool> ExistsAsync(EngineHost host, string id, string path)
    {
        try
        {
            await host.Engine.StatPathAsync(id, path, default);
            return true;
        }
        catch (SkeinException missing) when (missing.Kind == ErrorKind.NotFound)
        {
            return false;
        }
    }

    private static async Task<Dictionary<string, (TarEntry Entry, string Text)>> ReadAsync(EngineHost host, string id, string path)
    {
        var target = new MemoryStream();
        await host.Engine.ReadArchiveAsync(id, path, _ => target, default);
        return Entries(target);
    }

    private static Dictionary<string, (TarEntry Entry, string Text)> Entries(MemoryStream tar)
    {
        tar.Position = 0;
        using var reader = new TarReader(tar);
        var found = new Dictionary<string, (TarEntry, string)>();
        while (reader.GetNextEntry(copyData: true) is { } entry)
            found[entry.Name] = (entry, entry.DataStream is null ? "" : new StreamReader(entry.DataStream).ReadToEnd());
        return found;
    }

    private static List<TarHead> Heads(MemoryStream tar)
    {
        tar.Position = 0;
        var input = new TarInput(tar);
        var heads = new List<TarHead>();
        while (input.Next() is { } head) heads.Add(head);
        return heads;
    }

    private static MemoryStream Packed(params IEnumerable<TarHead> heads)
    {
        var tar = new MemoryStream();
        foreach (var head in heads) tar.Write(TarHeadWriter.Bytes(head));
        tar.Write(TarHeadWriter.End.Span);
        tar.Position = 0;
        return tar;
    }

    private static MemoryStream Tar(params IEnumerable<TarEntry> entries)
    {
        var target = new MemoryStream();
        using (var writer = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries) writer.WriteEntry(entry);
        }
        target.Position = 0;
        return target;
    }

    private static PaxTarEntry File(string name, string text, int user, int group) =>
        new(TarEntryType.RegularFile, name) { Uid = user, Gid = group, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) };

    private static PaxTarEntry Linked(string name, string to) => new(TarEntryType.SymbolicLink, name) { LinkName = to };
}
