using CsCheck;
using Skein.Model.Templates;
using Xunit;

namespace Skein.Tests.Model.Templates;

/// <summary>Whatever a template says, it ends soon, and in what it makes or a TemplateException.</summary>
public class TemplateBoundsTests
{
    private static readonly Gen<string> Piece = OneOf(
        "{{", "}}", "{{- ", " -}}", "/*", "*/", "(", ")", "|", " ", ".", ",", "=", ":=", "$", "$x", "\"", "`", "'", "\\", "\n", "%", "-", "é", "{", "}",
        "if ", "else", "else if ", "end", "range ", "with ", "break", "continue", "nil", "true", "define ", "block ", "template ", "\"x\"", "\"%s %d\"",
        ".Service", ".Service.Labels", ".a", "$.Task", "1", "-1", "1.5", "0x", "'c'", "print ", "printf ", "index ", "slice ", "len ", "and ", "or ",
        "not ", "eq ", "lt ", "join ", "html ", "js ", "urlquery ", "call ", "{{end}}", "{{if 1}}", "{{range .Service.Labels}}", "{{else}}", "{{.}}");

    private static readonly TemplateContext Context = new()
    {
        ServiceId = "s1",
        ServiceName = "web",
        ServiceLabels = [KeyValuePair.Create("a", "1")],
        NodeId = "n1",
        NodeHostname = "h1",
        NodeOs = "linux",
        NodeArchitecture = "x86_64",
        TaskId = "t1",
        TaskName = "web.1.t1",
        TaskSlot = "1",
    };

    [Fact]
    public void Any_text_is_expanded_or_refused_and_nothing_else() =>
        Piece.Array[0, 30].Select(string.Concat).Sample(Survives, iter: 20_000);

    [Fact]
    public void So_is_anything_between_two_delimiters() =>
        Piece.Array[1, 8].Select(pieces => $"a{{{{{string.Concat(pieces)}}}}}b").Sample(Survives, iter: 20_000);

    [Fact]
    public void So_are_bytes() => Gen.Byte.Array[0, 60].Sample(bytes => Survives(bytes), iter: 20_000);

    [Fact]
    public void So_is_any_format() => OneOf("%", "-", "+", "#", "0", " ", "*", ".", "[", "]", "1", "3", "d", "s", "v", "q", "x", "T", "U", "c", "g", "e", "é", "!")
        .Array[0, 12].Select(string.Concat).Sample(
            format => Assert.NotNull(GoTemplate.Parse($"{{{{printf {GoQuotes.QuoteText(format)} 1 .Service \"x\" nil 1.5 'c'}}}}").Execute(Context.ForContainer)), iter: 20_000);

    [Theory]
    [InlineData("{{$x := \"0123456789\"}}{{range 1000}}{{$x = print $x $x}}{{end}}", "error calling print: more than 4194304 bytes")]
    [InlineData("{{range 1000}}{{printf \"%1000000d\" 1}}{{end}}", "template: expansion: more than 4194304 bytes")]
    [InlineData("{{range 1000}}{{$x := printf \"%1000000d\" 1}}{{end}}", "template: expansion: more than 67108864 bytes on the way")]
    [InlineData("{{range 1000000000}}{{end}}", "template: expansion: more than 1000000 steps")]
    [InlineData("{{range 10000}}{{range 10000}}{{range 10000}}{{end}}{{end}}{{end}}", "template: expansion: more than 1000000 steps")]
    [InlineData("{{$x := printf \"%4000000d\" 1}}{{$y := print $x}}{{range 900000}}{{if eq $x $y}}{{end}}{{end}}", "template: expansion: more than 1000000 steps")]
    [InlineData("{{define \"x\"}}{{template \"x\" .}}{{end}}{{template \"x\" .}}", "template: expansion: exceeded maximum template depth (1000)")]
    [InlineData("{{define \"x\"}}{{if 1}}{{if (print (print 1))}}{{template \"x\" .}}{{end}}{{end}}{{end}}{{template \"x\" .}}", "template: expansion: exceeded maximum template depth (1000)")]
    [InlineData("{{define \"x\"}}{{template \"x\" .}}{{template \"x\" .}}{{end}}{{template \"x\" .}}", "template: expansion: exceeded maximum template depth (1000)")]
    public void One_that_never_ends_is_ended(string text, string mistake)
    {
        var error = Assert.Throws<TemplateException>(() => GoTemplate.Parse(text).Execute(Context.ForContainer));
        Assert.EndsWith(mistake, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{", "(", 200_000)]
    [InlineData("", "{{if 1}}", 200_000)]
    [InlineData("{{if 0}}", "{{else if 0}}", 200_000)]
    [InlineData("{{print ", "(print ", 200_000)]
    [InlineData("", "{{block \"x\" .}}", 200_000)]
    public void One_of_many_layers_is_refused(string begin, string layer, int layers)
    {
        var error = Assert.Throws<TemplateException>(() => GoTemplate.Parse(begin + string.Concat(Enumerable.Repeat(layer, layers))));
        Assert.Equal("template: expansion:1: more than 200 blocks and parentheses within one another", error.Message);
    }

    [Fact]
    public void One_of_many_variables_is_refused()
    {
        var error = Assert.Throws<TemplateException>(() => GoTemplate.Parse(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{{{{$x{i} := 1}}}}"))));
        Assert.Equal("template: expansion:1: more than 250 variables at once", error.Message);
    }

    [Theory]
    [InlineData("{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{else}}none{{end}}{{range 0}}{{else}}none{{end}}", "01201none")]
    [InlineData("{{with \"\"}}a{{else with .Task}}{{.Slot}}{{else}}c{{end}}", "1")]
    [InlineData("{{$v := 0}}{{range $v = .Service.Labels}}{{end}}{{$v}}", "1")]
    public void What_Go_has_learnt_since_the_table_was_made_is_known(string text, string expected) =>
        Assert.Equal(expected, GoTemplate.Parse(text).Execute(Context.ForContainer));

    private static Gen<string> OneOf(params string[] pieces) => Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]);

    private static void Survives(string text) => Survives(System.Text.Encoding.UTF8.GetBytes(text));

    private static void Survives(byte[] text)
    {
        try
        {
            GoTemplate.Parse(text).ExecuteToBytes(Context.ForPayload);
        }
        catch (TemplateException e)
        {
            Assert.StartsWith("template: expansion", e.Message, StringComparison.Ordinal);
        }
    }
}
