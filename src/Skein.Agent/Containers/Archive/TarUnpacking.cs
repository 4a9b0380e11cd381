using System.Text;
using Skein.Agent.Tar;
using Skein.Linux;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Archive;

/// <summary>A client's tar into a folder, on a thread inside the container's root: names and links of the tar lead nowhere but there.</summary>
/// <param name="keepKinds">A folder is not replaced by anything else, nor the other way round.</param>
/// <param name="owner">Of all there is; null = as the tar says.</param>
internal sealed class TarUnpacking(KernelPath folder, bool keepKinds, (uint User, uint Group)? owner, CancellationToken cancel)
{
    private const int PieceBytes = 256 << 10;

    // A folder's time is changed by what is put into it: last of all. By its name, of which each byte is a letter: as many as there are folders.
    private readonly Dictionary<string, (KernelPath Path, long Seconds, uint Nanoseconds)> _folders = [];
    private byte[] _piece = [];

    public void Run(Stream tar)
    {
        try
        {
            var input = new TarInput(tar);
            while (input.Next() is { } head)
            {
                cancel.ThrowIfCancellationRequested();
                Take(head, input);
            }
            foreach (var (path, seconds, nanoseconds) in _folders.Values) FileMaking.Date(path, seconds, nanoseconds);
        }
        catch (LinuxException error)
        {
            throw new SkeinException(ErrorKind.Internal, error.InGosWords, error);
        }
        catch (Exception error) when (error is TarFormatException or InvalidDataException)
        {
            throw new SkeinException(ErrorKind.Internal, error is TarFormatException ? error.Message : "unexpected EOF", error);
        }
    }

    private void Take(TarHead head, TarInput input)
    {
        // Names that begin with a slash or climb are the folder's too.
        var path = folder.Within(head.Name);
        var isFolder = head.Kind == TarKind.Folder;
        if (path.Text.SequenceEqual(folder.Text))
        {
            if (!isFolder) throw SkeinException.Invalid($"invalid name in the tar: {Shown(head.Name)}");
            return;
        }
        var there = FileStatus.Find(path);
        if (isFolder) TakeFolder(path, head, there);
        else
        {
            if (there is { Kind: FileKind.Folder })
            {
                if (keepKinds) throw SkeinException.Invalid($"cannot overwrite directory \"{path}\" with non-directory \"{folder}\"");
                SharedFolder.Delete(path);
            }
            else if (there is not null) FileMaking.Remove(path);
            MakeFolder(path.Parent);
            Make(path, head, input);
        }
    }

    private void TakeFolder(KernelPath path, TarHead head, FileStatus? there)
    {
        if (there is not null && FileStatus.FindTarget(path) is not { Kind: FileKind.Folder })
        {
            if (keepKinds) throw SkeinException.Invalid($"cannot overwrite non-directory \"{path}\" with directory \"{folder}\"");
            FileMaking.Remove(path);
            there = null;
        }
        if (there is null) MakeFolder(path);
        Settle(path, head);
        _folders[Encoding.Latin1.GetString(path.Text)] = (path, head.ModifiedSeconds, head.ModifiedNanoseconds);
    }

    private void Make(KernelPath path, TarHead head, TarInput input)
    {
        switch (head.Kind)
        {
            case TarKind.Plain or TarKind.Contiguous:
                Fill(path, input);
                break;
            case TarKind.Link:
                FileMaking.Link(KernelPath.Of(head.LinkName), path);
                break;
            case TarKind.HardLink:
                FileMaking.HardLink(folder.Within(head.LinkName), path);
                return;
            case TarKind.Pipe:
                FileMaking.Node(path, FileKind.Pipe, 0, 0);
                break;
            case TarKind.CharacterDevice or TarKind.BlockDevice:
                FileMaking.Node(path, head.Kind == TarKind.BlockDevice ? FileKind.BlockDevice : FileKind.CharacterDevice, head.Major, head.Minor);
                break;
            default:
                throw SkeinException.Invalid($"unhandled tar header type {(byte)head.Kind}");
        }
        Settle(path, head);
        FileMaking.Date(path, head.ModifiedSeconds, head.ModifiedNanoseconds);
    }

    private void Fill(KernelPath path, TarInput input)
    {
        if (_piece.Length == 0) _piece = new byte[PieceBytes];
        using var file = PlainFile.Create(path);
        while (input.Read(_piece) is > 0 and var count)
        {
            file.Write(_piece.AsSpan(0, count));
            cancel.ThrowIfCancellationRequested();
        }
    }

    private void Settle(KernelPath path, TarHead head)
    {
        FileMaking.Own(path, owner?.User ?? head.User, owner?.Group ?? head.Group);
        foreach (var attribute in head.Attributes) Attribute(path, attribute);
        if (head.Kind != TarKind.Link) FileMaking.Permit(path, head.Mode);
    }

    /// <summary>Whatever the tar has, as Docker does; and as there, only what may not be set here is left.</summary>
    private static void Attribute(KernelPath path, TarAttribute attribute)
    {
        try
        {
            ExtendedAttribute.Set(path, [.. attribute.Name, 0], attribute.Value);
        }
        catch (LinuxException error) when (error.Errno == Errno.EPERM)
        {
            // A link has no attributes of its user's, for one, and a user namespace none of the kernel's.
        }
    }

    /// <summary>With all above it that is not there.</summary>
    private static void MakeFolder(KernelPath path)
    {
        var missing = new Stack<KernelPath>();
        for (; FileStatus.FindTarget(path) is not { Kind: FileKind.Folder }; path = path.Parent) missing.Push(path);
        while (missing.TryPop(out var next)) FileMaking.Folder(next);
    }

    private static string Shown(byte[] name) => KernelPath.Of(name).ToString();
}
