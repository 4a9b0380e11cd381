using System.Text.Json;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Api.Containers;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

public class MountPointTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>The client decodes each as an object; anything else fails `docker ps` for all containers.</summary>
    [Fact]
    public void A_row_of_ps_says_what_is_mounted_as_Docker_does()
    {
        var row = ContainerSummaryJson.From(Container(
            new Mount { Type = "volume", Source = "data", Target = "/d" },
            new Mount { Type = "bind", Source = "/srv", Target = "/s", ReadOnly = true },
            new Mount { Type = "tmpfs", Target = "/t" }), null, null, new VolumeFolders("/lib"), s_now);
        var rows = JsonSerializer.Serialize<IReadOnlyList<ContainerSummaryJson>>([row], ContainersJson.Default.IReadOnlyListContainerSummaryJson);
        var mounts = JsonDocument.Parse(rows).RootElement[0].GetProperty("Mounts").EnumerateArray().Select(m => m.GetRawText());
        Assert.Equal(
            [
                """{"Type":"volume","Name":"data","Source":"/lib/volumes/data/_data","Destination":"/d","Driver":"local","Mode":"z","RW":true,"Propagation":""}""",
                """{"Type":"bind","Source":"/srv","Destination":"/s","Mode":"","RW":false,"Propagation":"rprivate"}""",
                """{"Type":"tmpfs","Source":"","Destination":"/t","Mode":"","RW":true,"Propagation":""}""",
            ],
            mounts);
    }

    [Fact]
    public void A_volume_without_a_name_has_one_of_its_own()
    {
        var mount = Assert.Single(MountPointJson.Of(Container(new Mount { Type = "volume", Target = "/d" }), new VolumeFolders("/lib")));
        Assert.Matches("^[0-9a-f]{64}$", mount.Name);
        Assert.Equal($"/lib/volumes/{mount.Name}/_data", mount.Source);
    }

    [Fact]
    public void A_mode_is_shown_in_its_users_words()
    {
        var container = Container(
            new Mount { Type = "bind", Source = "/srv", Target = "/s", ReadOnly = true },
            new Mount { Type = "volume", Source = "data", Target = "/d" },
            new Mount { Type = "volume", Source = "more", Target = "/m" });
        container.Definition.Standalone = new() { Binds = { "/srv://s/:ro", "data:/d:rw", "more:/m" } };
        Assert.Equal(["ro", "rw", "z"], MountPointJson.Of(container, new VolumeFolders("/lib")).Select(mount => mount.Mode));
    }

    private static ContainerRecord Container(params Mount[] mounts) => new(
        new ContainerDefinition { Id = "c1", Name = "web.1.x", Spec = new() { Image = "busybox", Mounts = { mounts } }, Hostname = "h" },
        new ContainerState(ContainerStatus.Running, 1, 0, false, "", s_now, null),
        s_now);
}
