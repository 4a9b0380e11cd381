using System.Text;
using Skein.Agent.Tasks;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Tasks;

public class TaskTemplateTests
{
    private static readonly SwarmTask Task = new()
    {
        Id = "t1",
        ServiceId = "s1",
        Slot = 3,
        NodeId = "n1",
        Annotations = new Annotations { Name = "web.3.t1" },
        ServiceAnnotations = new Annotations { Name = "web", Labels = { ["b"] = "2", ["a"] = "1" } },
    };

    private static readonly NodeDescription Node = new() { Hostname = "h1", Platform = new Platform { Os = "linux", Architecture = "x86_64" } };

    private static string Expand(string text) => new TaskTemplate(Task, "n1", Node).Expand(new ContainerSpec { Hostname = text }).Hostname;

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{.Service.Name}}-{{ .Task.Slot }}", "web-3")]
    [InlineData("{{.Node.Hostname}}/{{.Node.ID}}/{{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}", "h1/n1/linux/x86_64")]
    [InlineData("{{.Task.Name}} {{.Task.ID}} {{.Service.ID}}", "web.3.t1 t1 s1")]
    [InlineData("{{.Service.Labels}}", "map[a:1 b:2]")]
    [InlineData("{{index .Service.Labels \"a\"}}{{index .Service.Labels \"none\"}}", "1")]
    public void Placeholders_are_replaced(string text, string expected) => Assert.Equal(expected, Expand(text));

    [Theory]
    [InlineData("{{.Service.Labels.a}}{{with .Node}}@{{.Hostname}}{{end}}", "1@h1")]
    [InlineData("{{if eq .Task.Slot \"3\"}}third{{else}}other{{end}}", "third")]
    [InlineData("{{range $k, $v := .Service.Labels}}{{$k}}={{$v}};{{end}}", "a=1;b=2;")]
    [InlineData("{{printf \"%s-%03s\" .Service.Name .Task.Slot}} {{join \"/\" .Task.ID .Task.Slot}}", "web-003 t1/3")]
    public void Whatever_Go_can_do_is_done(string text, string expected) => Assert.Equal(expected, Expand(text));

    [Fact]
    public void A_global_services_task_has_its_node_for_a_slot()
    {
        var global = Task.Clone();
        global.Slot = 0;
        Assert.Equal("n1", new TaskTemplate(global, "n1", Node).Expand(new ContainerSpec { Hostname = "{{.Task.Slot}}" }).Hostname);
    }

    [Fact]
    public void One_that_fails_is_named()
    {
        var error = Assert.Throws<SkeinException>(() => new TaskTemplate(Task, "n1", Node).Expand(new ContainerSpec { Env = { "A={{.Service.Labels.nope}}" } }));
        Assert.Equal(
            "expanding env failed: expanding env \"A={{.Service.Labels.nope}}\": template: expansion:1:10: executing \"expansion\" "
            + "at <.Service.Labels.nope>: map has no entry for key \"nope\"",
            error.Message);
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
    }

    [Fact]
    public void Hostname_environment_and_mounts_are_expanded()
    {
        var spec = new ContainerSpec { Hostname = "{{.Service.Name}}", Env = { "A={{.Task.Slot}}" }, Mounts = { new Mount { Source = "/x/{{.Task.Slot}}", Target = "/y" } }, Args = { "{{.Task.Slot}}" } };
        var expanded = new TaskTemplate(Task, "n1", Node).Expand(spec);
        Assert.Equal("web", expanded.Hostname);
        Assert.Equal("A=3", expanded.Env[0]);
        Assert.Equal("/x/3", expanded.Mounts[0].Source);
        Assert.Equal("{{.Task.Slot}}", expanded.Args[0]);
        Assert.Equal("A={{.Task.Slot}}", spec.Env[0]);
    }

    [Fact]
    public void Labels_and_options_of_a_volume_are_expanded_and_a_variable_without_a_value_is_not()
    {
        var spec = new ContainerSpec
        {
            Env = { "{{.Foo}}", "{{.Foo}}=1" },
            Mounts = { new Mount { Source = "v", Target = "/v", VolumeLabels = { ["l"] = "{{.Task.Slot}}" }, VolumeDriverOptions = { ["o"] = "{{.Service.Name}}" } } },
        };
        var expanded = new TaskTemplate(Task, "n1", Node).Expand(spec);
        Assert.Equal(["{{.Foo}}", "{{.Foo}}=1"], expanded.Env);
        Assert.Equal("3", expanded.Mounts[0].VolumeLabels["l"]);
        Assert.Equal("web", expanded.Mounts[0].VolumeDriverOptions["o"]);
    }

    [Fact]
    public void A_payload_sees_the_tasks_environment_secrets_and_configs()
    {
        Assert.Equal(
            "host=h1 slot=3 a=x=y none= key=raw {{.Task.Slot}} conf=c",
            Payload("host={{.Node.Hostname}} slot={{env \"SLOT\"}} a={{env \"A\"}} none={{env \"NONE\"}} key={{secret \"key\"}} conf={{config \"/etc/c\"}}"));
    }

    [Fact]
    public void Bytes_of_a_payload_that_are_no_text_pass_through()
    {
        byte[] payload = [0xff, 0x00, (byte)'{', (byte)'{', (byte)'1', (byte)'}', (byte)'}', 0xc3];
        Assert.Equal([0xff, 0x00, (byte)'1', 0xc3], Payload(payload));
    }

    [Theory]
    [InlineData("x {{secret \"nope\"}}", "template: expansion:1:4: executing \"expansion\" at <secret \"nope\">: error calling secret: secret target nope not found")]
    [InlineData("{{config \"nope\"}}", "template: expansion:1:2: executing \"expansion\" at <config \"nope\">: error calling config: config target nope not found")]
    [InlineData("{{.Foo}}", "template: expansion:1:2: executing \"expansion\" at <.Foo>: can't evaluate field Foo in type *template.PayloadContext")]
    [InlineData("{{foo}}", "template: expansion:1: function \"foo\" not defined")]
    public void A_payload_that_cannot_be_expanded_is_named(string payload, string mistake)
    {
        var error = Assert.Throws<SkeinException>(() => Payload(payload));
        Assert.Equal($"failed to expand templated config c1: {mistake}", error.Message);
    }

    private static string Payload(string payload) => Encoding.UTF8.GetString(Payload(Encoding.UTF8.GetBytes(payload)));

    private static byte[] Payload(byte[] payload) => new TaskTemplate(Task, "n1", Node).ExpandPayload(
        "config", "c1", payload, ["SLOT=3", "A=x=y", "A=second", "NONE"],
        secret => secret == "key" ? Encoding.UTF8.GetBytes("raw {{.Task.Slot}}") : null,
        config => config == "/etc/c" ? "c"u8.ToArray() : null);
}
