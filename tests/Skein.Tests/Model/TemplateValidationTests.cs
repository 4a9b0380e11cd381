using Skein.Model;
using Skein.Model.Validation;
using Xunit;

namespace Skein.Tests.Model;

public class TemplateValidationTests
{
    private const string Begin = "rpc error: code = InvalidArgument desc = ";

    [Theory]
    [InlineData("{{.Foo}}", "template: expansion:1:2: executing \"expansion\" at <.Foo>: can't evaluate field Foo in type *template.Context")]
    [InlineData("x-{{ .Task.Slit }}", "template: expansion:1:5: executing \"expansion\" at <.Task.Slit>: can't evaluate")]
    [InlineData("{{.Task.Slot}}{{.Task.", "template: expansion:1: unclosed action")]
    public void A_placeholder_that_means_nothing_is_refused_before_any_task(string text, string mistake)
    {
        Assert.Equal($"{Begin}expanding hostname failed: {mistake}", MessageOf(new ContainerSpec { Hostname = text }));
        Assert.Equal($"{Begin}expanding env failed: expanding env \"{text}\": {mistake}", MessageOf(new ContainerSpec { Env = { "OK=1", text } }));
        Assert.Equal(
            $"{Begin}expanding mounts failed: expanding mount source \"{text}\": {mistake}",
            MessageOf(new ContainerSpec { Mounts = { new Mount { Source = text, Target = "/x" } } }));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("}} {.Task}")]
    [InlineData("{{.Service.Name}}-{{ .Task.Slot }}-{{- .Node.Hostname -}}")]
    [InlineData("{{index .Service.Labels \"tier\"}}")]
    public void One_that_a_task_can_expand_is_taken(string text) => TemplateValidation.Check(new ContainerSpec { Hostname = text, Env = { text } });

    private static string MessageOf(ContainerSpec spec) => Assert.Throws<SkeinException>(() => TemplateValidation.Check(spec)).Message;
}
