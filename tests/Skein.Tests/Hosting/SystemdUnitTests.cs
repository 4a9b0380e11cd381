using System.Runtime.CompilerServices;
using Xunit;

namespace Skein.Tests.Hosting;

/// <summary>What the unit says of containerd: its end is not ours.</summary>
public sealed class SystemdUnitTests
{
    [Fact]
    public void A_containerd_that_is_stopped_takes_nothing_with_it_and_one_that_starts_comes_first()
    {
        var unit = Lines().Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1].Split(' '));
        Assert.Contains("containerd.service", unit["Wants"].SelectMany(units => units));
        Assert.Contains("containerd.service", unit["After"].SelectMany(units => units));
        string[] binding = ["Requires", "BindsTo", "PartOf", "Requisite"];
        Assert.DoesNotContain(binding, name => unit.Contains(name));
        Assert.Equal(["notify"], unit["Type"].Single());
        Assert.Equal(["always"], unit["Restart"].Single());
    }

    private static string[] Lines([CallerFilePath] string here = "") => File.ReadAllLines(
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "packaging", "systemd", "skein.service"));
}
