using System.Runtime.InteropServices;
using Skein.Model;

namespace Skein.Lab.Images;

/// <summary>Fetches packages by apt, which checks their signatures.</summary>
internal static class DebianPackages
{
    private const string PackageField = "Package: ";

    /// <summary>Debian's word for this machine's architecture.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => throw SkeinException.NotImplemented($"the lab makes no images for {other}"),
    };

    /// <summary>Downloads all of them into the folder, which is emptied before, and gives the file of each.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> FetchAsync(IReadOnlyCollection<string> packages, string folder, CancellationToken cancel)
    {
        Folders.Remove(folder);
        Directory.CreateDirectory(folder);
        try
        {
            return await DownloadAsync(packages, folder, cancel);
        }
        catch (SkeinException)
        {
            // The lists may be missing, or name versions that the mirror has no more.
            await ExternalCommand.RunAsync("apt-get update -q", cancel);
            return await DownloadAsync(packages, folder, cancel);
        }
    }

    /// <summary>The package's files as a tar stream.</summary>
    public static async Task<MemoryStream> ReadFilesAsync(string package, CancellationToken cancel)
    {
        using var process = ExternalCommand.Start("dpkg-deb", ["--fsys-tarfile", package], redirect: true);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var files = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(files, cancel);
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0)
            throw new SkeinException(ErrorKind.Internal, $"dpkg-deb --fsys-tarfile {package}: {await errors}");
        files.Position = 0;
        return files;
    }

    // One call of apt for all of them: each takes a second, whatever it is asked for.
    private static async Task<Dictionary<string, string>> DownloadAsync(IReadOnlyCollection<string> packages, string folder, CancellationToken cancel)
    {
        var known = await KnownAsync(packages, cancel);
        var names = packages.ToDictionary(
            p => p,
            p => known.Contains(p) ? p : known.Contains(p + "t64") ? p + "t64"
                : throw SkeinException.Unavailable($"apt knows no package {p}: is Debian's main in its sources?"));
        await ExternalCommand.RunAsync(
            "sh",
            ["-c", "cd \"$1\" && shift && exec apt-get -q -o APT::Sandbox::User=root download \"$@\"", "sh", folder, .. names.Values.Select(n => $"{n}:{Architecture}")],
            cancel);
        return names.ToDictionary(n => n.Key, n => Directory.EnumerateFiles(folder, n.Value + "_*.deb").Single());
    }

    private static async Task<HashSet<string>> KnownAsync(IReadOnlyCollection<string> packages, CancellationToken cancel)
    {
        // apt-cache ends with an error when one of the names is unknown, and half of these are on purpose.
        var stanzas = await ExternalCommand.RunAsync(
            "sh", ["-c", "apt-cache show --no-all-versions \"$@\" 2>/dev/null || true", "sh", .. packages, .. packages.Select(p => p + "t64")], cancel);
        return [.. stanzas.Split('\n').Where(l => l.StartsWith(PackageField, StringComparison.Ordinal)).Select(l => l[PackageField.Length..])];
    }
}
