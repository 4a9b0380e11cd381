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

    private static string Expand(string text) => new TaskTemplate(Task, "n1", Node).Expand("env", text);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{.Service.Name}}-{{ .Task.Slot }}", "web-3")]
    [InlineData("{{.Node.Hostname}}/{{.Node.ID}}/{{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}", "h1/n1/linux/x86_64")]
    [InlineData("{{.Task.Name}} {{.Task.ID}} {{.Service.ID}}", "web.3.t1 t1 s1")]
    [InlineData("{{.Service.Labels}}", "map[a:1 b:2]")]
    [InlineData("{{index .Service.Labels \"a\"}}{{index .Service.Labels \"none\"}}", "1")]
    public void Placeholders_are_replaced(string text, string expected) => Assert.Equal(expected, Expand(text));

    [Fact]
    public void What_a_service_may_name_is_what_a_task_expands()
    {
        foreach (var field in Skein.Model.Validation.TemplateValidation.Fields) Assert.DoesNotContain("{{", Expand($"{{{{{field}}}}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_one_is_named()
    {
        var error = Assert.Throws<SkeinException>(() => Expand("{{.Secret}}"));
        Assert.Equal("expanding env failed: template: expansion: unknown field {{.Secret}}", error.Message);
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
}
