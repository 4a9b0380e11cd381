using Skein.Agent.Containers.Devices;
using Skein.Agent.Containers.Oci;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class CdiRegistryTests : IDisposable
{
    // /dev/null is a device on every host.
    private const string Vendor = """
        {"cdiVersion":"0.6.0","kind":"v.com/gpu",
         "containerEdits":{"env":["ALL=1"],"hooks":[{"hookName":"createContainer","path":"/usr/bin/hook","args":["hook","x"],"timeout":5}],
           "mounts":[{"hostPath":"/usr/lib/a.so","containerPath":"/usr/lib/a.so","options":["ro","nosuid","bind"]}]},
         "devices":[{"name":"0","containerEdits":{"env":["GPU=0"],"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/dev/null","permissions":"rw"}],"additionalGids":[44,0]}},
                    {"name":"1","containerEdits":{"deviceNodes":[{"path":"/dev/not/there"}]}},
                    {"name":"own","containerEdits":{"deviceNodes":[{"path":"/dev/own","hostPath":"/dev/null","type":"u","fileMode":33200,"uid":7,"gid":8}]}},
                    {"name":"told","containerEdits":{"deviceNodes":[{"path":"/dev/told","type":"b","major":253,"minor":9}]}},
                    {"name":"block","containerEdits":{"deviceNodes":[{"path":"/dev/null","type":"b"}]}},
                    {"name":"pipe","containerEdits":{"deviceNodes":[{"path":"/dev/pipe","type":"p"}]}},
                    {"name":"more","containerEdits":{"deviceNodes":[{"path":"/dev/null","colour":"red"}]}},
                    {"name":"odd","containerEdits":{"intelRdt":{"closID":"x"}}},
                    {"name":"hooked","containerEdits":{"hooks":[{"hookName":"whenever","path":"/x"}]}}]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-cdi-").FullName;

    public CdiRegistryTests() => File.WriteAllText(Path.Combine(_folder, "v.json"), Vendor);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_devices_edits_come_with_those_of_its_kind()
    {
        var access = new CdiRegistry(_folder).Resolve(["v.com/gpu=0", "v.com/gpu=0"]);
        Assert.Equal(["ALL=1", "GPU=0"], access.Environment);
        Assert.Equal(new OciDeviceRule(true, "rw", "c", 1, 3), Assert.Single(access.Devices).Rule);
        Assert.Equal(("/dev/gpu0", 1, 3), (access.Devices[0].Device.Path, access.Devices[0].Device.Major, access.Devices[0].Device.Minor));
        Assert.Equal("/usr/lib/a.so ro nosuid bind", $"{access.Mounts[0].Destination} {string.Join(' ', access.Mounts[0].Options)}");
        Assert.Equal([44u], access.Groups);
        Assert.Equal(("/usr/bin/hook", 5), (access.Hooks!.CreateContainer![0].Path, access.Hooks.CreateContainer[0].Timeout));
    }

    [Fact]
    public void A_device_has_the_mode_owner_and_numbers_that_its_file_gives_it()
    {
        Assert.Equal(new OciDevice("/dev/own", "c", 1, 3, 0x1b0, 7, 8), DeviceOf("own"));   // 0660: the bits of its kind are left out
        Assert.Equal(new OciDevice("/dev/told", "b", 253, 9, 0x1b6, 0, 0), DeviceOf("told"));
        Assert.Equal(new OciDevice("/dev/gpu0", "c", 1, 3, 0x1b6, 0, 0), DeviceOf("0"));

        OciDevice DeviceOf(string name) => Assert.Single(new CdiRegistry(_folder).Resolve([$"v.com/gpu={name}"]).Devices).Device;
    }

    [Theory]
    [InlineData("""{"kind":"v.com/gpu","devices":[null]}""")]
    [InlineData("""{"kind":"v.com/gpu","containerEdits":{"hooks":[null]},"devices":[{"name":"0"}]}""")]
    [InlineData("""{"kind":"v.com/gpu","devices":[{"name":"0","containerEdits":{"deviceNodes":[null]}}]}""")]
    public void A_file_with_nulls_is_none(string json)
    {
        File.WriteAllText(Path.Combine(_folder, "v.json"), json);
        Assert.Contains("a device or an edit is null", Assert.Throws<SkeinException>(() => new CdiRegistry(_folder).Resolve(["v.com/gpu=0"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_folder_wins()
    {
        var later = Directory.CreateDirectory(Path.Combine(_folder, "later")).FullName;
        File.WriteAllText(later + "/v.json", """{"cdiVersion":"0.6.0","kind":"v.com/gpu","devices":[{"name":"0","containerEdits":{"env":["GPU=late"]}}]}""");
        Assert.Equal(["GPU=late"], new CdiRegistry(_folder, later).Resolve(["v.com/gpu=0"]).Environment);
    }

    [Theory]
    [InlineData("v.com/gpu=9", "unresolvable CDI devices v.com/gpu=9")]
    [InlineData("w.com/gpu=0", "unresolvable CDI devices w.com/gpu=0")]
    [InlineData("v.com/gpu=1", "the CDI device node /dev/not/there is not there")]
    [InlineData("v.com/gpu=block", "CDI device (\"/dev/null\", \"/dev/null\"), host type mismatch (b, c)")]
    [InlineData("v.com/gpu=pipe", "the type \"p\" of the CDI device node /dev/pipe is not supported")]
    [InlineData("v.com/gpu=more", "\"colour\" of the CDI device node /dev/null is not supported")]
    [InlineData("v.com/gpu=odd", "CDI edits of the kind \"intelRdt\" are not supported")]
    [InlineData("v.com/gpu=hooked", "unknown CDI hook \"whenever\"")]
    public void What_is_not_there_or_not_done_is_said(string name, string words) =>
        Assert.Contains(words, Assert.Throws<SkeinException>(() => new CdiRegistry(_folder).Resolve([name])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{", "v.json cannot be read: ")]
    [InlineData("{}", "v.json cannot be read: it has no kind")]
    public void A_file_that_is_none_is_named(string text, string words)
    {
        File.WriteAllText(Path.Combine(_folder, "v.json"), text);
        Assert.Contains(words, Assert.Throws<SkeinException>(() => new CdiRegistry(_folder).Resolve(["v.com/gpu=0"])).Message, StringComparison.Ordinal);
    }

    /// <summary>As nvidia-ctk writes them, and by hand.</summary>
    private const string Yaml = """
        ---
        cdiVersion: 0.5.0
        kind: nvidia.com/gpu
        containerEdits:
          env:
          - NVIDIA_VISIBLE_DEVICES=void
          hooks:
          - args: [nvidia-cdi-hook, create-symlinks, --link, ../libnvidia.so.1::/usr/lib/x.so]   # a comment
            hookName: createContainer
            path: /usr/bin/nvidia-cdi-hook
            timeout: 7
          mounts:
          - containerPath: /run/nvidia.socket
            hostPath: /run/nvidia.socket
            options:
            - ro
            - bind
        devices:
        - containerEdits:
            additionalGids:
            - 44
            deviceNodes:
            - path: /dev/nvidia0
              hostPath: /dev/null
              fileMode: 0640
              uid: 7
              gid: "8"
              permissions: rw
          name: "0"
        - name: all
          containerEdits: ~
        """;

    [Fact]
    public void Files_in_yaml_are_read_as_those_in_json()
    {
        File.WriteAllText(Path.Combine(_folder, "nvidia.yaml"), Yaml);
        var access = new CdiRegistry(_folder).Resolve(["nvidia.com/gpu=0", "v.com/gpu=0"]);
        Assert.Equal(["NVIDIA_VISIBLE_DEVICES=void", "ALL=1", "GPU=0"], access.Environment);
        Assert.Equal(new OciDevice("/dev/nvidia0", "c", 1, 3, 0x1a0, 7, 8), access.Devices[0].Device);
        Assert.Equal([44u, 44u], access.Groups);
        Assert.Equal(("/usr/bin/nvidia-cdi-hook", 7, 4), (access.Hooks!.CreateContainer![0].Path, access.Hooks.CreateContainer[0].Timeout, access.Hooks.CreateContainer[0].Args!.Count));
        Assert.Equal("ro bind", string.Join(' ', access.Mounts[0].Options));
        Assert.Empty(new CdiRegistry(_folder).Resolve(["nvidia.com/gpu=all"]).Devices);
    }

    [Theory]
    [InlineData("", "v.yaml cannot be read: ")]
    [InlineData("kind: [", "v.yaml cannot be read: line ")]
    [InlineData("just text", "v.yaml cannot be read: ")]
    [InlineData("devices: []", "v.yaml cannot be read: it has no kind")]
    [InlineData("kind: a/b\ndevices: &x [*x]", "v.yaml cannot be read: anchors and aliases are not read")]
    [InlineData("kind: a/b\n---\nkind: a/c", "v.yaml cannot be read: it holds more than one document")]
    [InlineData("kind: a/b\ndevices:\n- ", "v.yaml cannot be read: a device or an edit is null")]
    [InlineData("kind: a/b\nkind: a/b\n? [a]\n: b", "v.yaml cannot be read: line ")]
    public void What_is_no_yaml_of_ours_is_named(string yaml, string words)
    {
        File.WriteAllText(Path.Combine(_folder, "v.yaml"), yaml);
        Assert.Contains(words, Assert.Throws<SkeinException>(() => new CdiRegistry(_folder).Resolve(["v.com/gpu=0"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Yaml_without_end_is_refused_in_time()
    {
        File.WriteAllText(Path.Combine(_folder, "v.yaml"), "kind: a/b\ndevices: " + new string('[', 100_000));
        Assert.Contains("nested more than", Assert.Throws<SkeinException>(() => new CdiRegistry(_folder).Resolve(["v.com/gpu=0"])).Message, StringComparison.Ordinal);
    }
}
