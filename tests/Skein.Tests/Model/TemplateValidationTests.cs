using Skein.Model;
using Skein.Model.Validation;
using Xunit;

namespace Skein.Tests.Model;

/// <summary>The words are dockerd 20.10.24's.</summary>
public class TemplateValidationTests
{
    private const string Begin = "rpc error: code = InvalidArgument desc = ";

    private static readonly Annotations Service = new() { Name = "web", Labels = { ["tier"] = "x" } };

    [Theory]
    [InlineData("{{.Foo}}", "template: expansion:1:2: executing \"expansion\" at <.Foo>: can't evaluate field Foo in type *template.Context")]
    [InlineData("x-{{ .Task.Slit }}", "template: expansion:1:10: executing \"expansion\" at <.Task.Slit>: can't evaluate field Slit in type struct { ID string; Name string; Slot string }")]
    [InlineData("{{.Service.Labels.none}}", "template: expansion:1:10: executing \"expansion\" at <.Service.Labels.none>: map has no entry for key \"none\"")]
    [InlineData("{{env \"A\"}}", "template: expansion:1: function \"env\" not defined")]
    [InlineData("{{template \"x\"}}", "template: expansion:1:11: executing \"expansion\" at <{{template \"x\"}}>: template \"x\" not defined")]
    [InlineData("{{.Task.Slot}}{{.Task.", "template: expansion:1: unexpected \".\" in operand")]
    [InlineData("{{", "template: expansion:1: unclosed action")]
    public void A_template_that_fails_is_refused_before_any_task(string text, string mistake)
    {
        var quoted = text.Replace("\"", "\\\"");
        Assert.Equal($"{Begin}expanding hostname failed: {mistake}", MessageOf(new ContainerSpec { Hostname = text }));
        Assert.Equal($"{Begin}expanding env failed: expanding env \"A={quoted}\": {mistake}", MessageOf(new ContainerSpec { Env = { "OK=1", $"A={text}" } }));
        Assert.Equal($"{Begin}expanding mounts failed: expanding mount source \"{quoted}\": {mistake}", MessageOf(new Mount { Source = text, Target = "/x" }));
        Assert.Equal($"{Begin}expanding mounts failed: expanding mount target \"{quoted}\": {mistake}", MessageOf(new Mount { Source = "a", Target = text }));
        Assert.Equal(
            $"{Begin}expanding mounts failed: expanding volume labels: expanding map entry \"a\"=\"{quoted}\": {mistake}",
            MessageOf(new Mount { VolumeLabels = { ["a"] = text } }));
        Assert.Equal(
            $"{Begin}expanding mounts failed: expanding volume driver config: expanding map entry \"a\"=\"{quoted}\": {mistake}",
            MessageOf(new Mount { VolumeDriverOptions = { ["a"] = text } }));
    }

    [Fact]
    public void Of_several_that_fail_the_environments_is_told()
    {
        var message = MessageOf(new ContainerSpec { Hostname = "{{.H}}", Mounts = { new Mount { Source = "{{.M}}" } }, Env = { "E={{.E}}" } });
        Assert.Contains("at <.E>", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("}} {.Task}")]
    [InlineData("{{.Service.Name}}-{{ .Task.Slot }}-{{- .Node.Hostname -}}")]
    [InlineData("{{index .Service.Labels \"tier\"}}")]
    [InlineData("{{.Service.Labels.tier}}")]
    [InlineData("{{join \"-\" .Service.Name .Task.Slot}}")]
    [InlineData("{{.}}")]
    [InlineData("{{define \"expansion\"}}a{{end}}")]
    public void One_that_a_task_can_expand_is_taken(string text) =>
        TemplateValidation.Check(new ContainerSpec { Hostname = text, Env = { text, $"A={text}" } }, Service);

    [Fact]
    public void A_variable_without_a_value_is_no_template() => TemplateValidation.Check(new ContainerSpec { Env = { "{{.Foo}}", "{{.Foo}}=1" } }, Service);

    [Fact]
    public void Mounts_are_judged_as_a_task_has_them()
    {
        var spec = new ServiceSpec
        {
            Annotations = Service,
            Replicated = new ReplicatedService { Replicas = 1 },
            Task = new TaskSpec
            {
                Container = new ContainerSpec
                {
                    Image = "web:1",
                    Mounts = { new Mount { Type = "volume", Source = "a", Target = "/v1" }, new Mount { Type = "volume", Source = "b", Target = "/v{{.Task.Slot}}" } },
                },
            },
        };
        var error = Assert.Throws<SkeinException>(() => ServiceSpecValidation.Check(spec));
        Assert.Equal($"{Begin}ContainerSpec: duplicate mount point: /v1", error.Message);
    }

    private static string MessageOf(Mount mount) => MessageOf(new ContainerSpec { Mounts = { mount } });

    private static string MessageOf(ContainerSpec spec) => Assert.Throws<SkeinException>(() => TemplateValidation.Check(spec, Service)).Message;
}
