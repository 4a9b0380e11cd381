using System.Text.Json;

namespace Skein.ClusterTests.Lab;

/// <summary>An image with a script and the Perl of this machine, which every Debian has, as `docker load` reads it.</summary>
internal static class PerlImage
{
    private const string Perl = "/usr/bin/perl";

    /// <param name="archive">The file to write.</param>
    public static async Task WriteAsync(string archive, string name, string script)
    {
        var folder = Directory.CreateTempSubdirectory("perl-image-");
        try
        {
            var layer = Path.Combine(folder.FullName, "layer.tar");
            // Links followed: what /lib is a link to on this machine is a folder there.
            (await ExternalProgram.RunAsync("tar", ["--create", "--dereference", "--absolute-names", "--file", layer, "--transform", $"s,^{script}$,/script.pl,", Perl, script, .. await LibrariesAsync(), .. Directory.EnumerateDirectories("/usr/lib", "perl-base", SearchOption.AllDirectories).Take(1)])).Succeeded();
            var digest = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(layer)));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "config.json"), JsonSerializer.Serialize(new
            {
                architecture = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64",
                os = "linux",
                config = new { Cmd = (string[])[Perl, "/script.pl"], Env = (string[])["PATH=/usr/bin"] },
                rootfs = new { type = "layers", diff_ids = (string[])[digest] },
            }));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "manifest.json"), JsonSerializer.Serialize(new[] { new { Config = "config.json", RepoTags = (string[])[name], Layers = (string[])["layer.tar"] } }));
            (await ExternalProgram.RunAsync("tar", "--create", "--file", archive, "--directory", folder.FullName, "manifest.json", "config.json", "layer.tar")).Succeeded();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Those that the linker loads, itself too.</summary>
    private static async Task<IEnumerable<string>> LibrariesAsync() =>
        (await ExternalProgram.RunAsync("ldd", Perl)).Lines().SelectMany(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(word => word.StartsWith('/'));
}
