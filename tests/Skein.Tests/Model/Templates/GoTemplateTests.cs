using System.Text;
using System.Text.Json;
using Skein.Model.Templates;
using Xunit;

namespace Skein.Tests.Model.Templates;

public class GoTemplateTests
{
    private static readonly TemplateValue Context = TemplateValue.Of(
        "*template.Context",
        ("Service", TemplateValue.Of(
            "struct { ID string; Name string; Labels map[string]string }",
            ("ID", TemplateValue.Of("s1")),
            ("Name", TemplateValue.Of("web")),
            ("Labels", TemplateValue.Of([KeyValuePair.Create("b", "2"), KeyValuePair.Create("a", "1"), KeyValuePair.Create("tier", "x & <y>")])))),
        ("Node", TemplateValue.Of(
            "struct { ID string; Hostname string; Platform template.Platform }",
            ("ID", TemplateValue.Of("n1")),
            ("Hostname", TemplateValue.Of("höst")),
            ("Platform", TemplateValue.Of("template.Platform", ("Architecture", TemplateValue.Of("x86_64")), ("OS", TemplateValue.Of("linux")))))),
        ("Task", TemplateValue.Of(
            "struct { ID string; Name string; Slot string }",
            ("ID", TemplateValue.Of("t1")),
            ("Name", TemplateValue.Of("web.3.t1")),
            ("Slot", TemplateValue.Of("3")))));

    private static readonly TemplateFunction[] Functions =
    [
        TemplateFunction.OfValues("list", 0, values => TemplateValue.Of(values.Select(value => GoBytes.ToText(GoPrinter.Print([value]))))),
        TemplateFunction.OfText("env", name => TemplateValue.Of(name == "A" ? "1" : "")),
        TemplateFunction.OfText("secret", target => target == "s" ? TemplateValue.Of("gehe<im>") : throw new TemplateException($"secret target {target} not found")),
    ];

    [Fact]
    public void Every_template_makes_what_Go_makes_of_it()
    {
        var wrong = Table().Where(row => Result(row.Template) != row.Result).Select(row => $"{row.Template}\n  Go:  {row.Result}\n  we:  {Result(row.Template)}").ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong)}");
    }

    private static IEnumerable<(string Template, string Result)> Table()
    {
        using var stream = typeof(GoTemplateTests).Assembly.GetManifestResourceStream("table.jsonl")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var row = JsonDocument.Parse(line).RootElement;
            var bytes = row.TryGetProperty("bytes", out var raw) ? raw.GetBytesFromBase64()
                : Encoding.UTF8.GetBytes(row.TryGetProperty("output", out var output) ? output.GetString()! : "");
            yield return (row.GetProperty("template").GetString()!, row.TryGetProperty("error", out var error) ? error.GetString()! : Shown(bytes));
        }
    }

    private static string Result(string template)
    {
        try
        {
            return Shown(GoTemplate.Parse(template, Functions).ExecuteToBytes(Context));
        }
        catch (TemplateException e)
        {
            return e.Message;
        }
    }

    private static string Shown(byte[] bytes) => "made: " + Encoding.Latin1.GetString(bytes);
}
