using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Skein.Tests.Architecture;

/// <summary>The walls of docs/ARCHITECTURE.md. Each failure says why the wall stands.</summary>
public partial class WallTests
{
    [Theory]
    [InlineData("Skein.Linux", "")]
    [InlineData("Skein.Model", "")]
    [InlineData("Skein.Manager", "Skein.Model")]
    [InlineData("Skein.Agent", "Skein.Linux Skein.Model")]
    [InlineData("Skein", "Skein.Agent Skein.Manager")]
    public void Projects_refer_only_downwards(string project, string allowed)
    {
        var file = XDocument.Load(Path.Combine(SourceTree.Root, "src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
        Assert.True(
            references.All(allowed.Split(' ').Contains),
            $"{project} refers to {string.Join(", ", references)}; allowed: {allowed}. Manager and Agent meet only in proto/, so that either can be replaced or run alone.");
    }

    [Fact]
    public void Only_Skein_Linux_is_unsafe_or_calls_native_code()
    {
        var offenders = Sources()
            .Where(s => !s.Path.StartsWith("src/Skein.Linux/", StringComparison.Ordinal))
            .Where(s => Unsafe().IsMatch(s.Text))
            .Select(s => s.Path);
        Assert.True(!offenders.Any(), $"unsafe or P/Invoke outside Skein.Linux, the only door to the kernel: {string.Join(", ", offenders)}");
    }

    // Control loops meet in the store: a stage that called another would hide from it what the store shows to all.
    [Theory]
    [InlineData("Scheduling", "Allocation Orchestration Dispatch Control Leadership Certificates Members")]
    [InlineData("Allocation", "Scheduling Orchestration Dispatch Control Leadership Certificates Members")]
    [InlineData("Dispatch", "Scheduling Allocation Attachments Orchestration Control Leadership")]
    [InlineData("Attachments", "Scheduling Orchestration Control Leadership Certificates Members")]
    [InlineData("Control", "Scheduling Orchestration Dispatch Leadership")]
    [InlineData("Store", "Scheduling Allocation Orchestration Dispatch Control Leadership Certificates Members Keys")]
    [InlineData("Keys", "Scheduling Allocation Orchestration Dispatch Control Leadership Certificates")]
    public void Stages_of_the_manager_meet_in_the_store(string stage, string others) => AssertNoUse("Skein.Manager", stage, others);

    [Theory]
    [InlineData("Images", "Containers Networks Tasks Session Dns Mesh")]
    [InlineData("Containers", "Networks Tasks Session Dns Mesh")]
    [InlineData("Networks", "Containers Images Tasks Dns Mesh")]
    [InlineData("Dns", "Containers Images Tasks")]
    [InlineData("Mesh", "Containers Images Tasks")]
    [InlineData("Bridges", "Containers Images Tasks Session Standalone")]
    [InlineData("Session", "Containers Images Networks Tasks Dns Mesh")]
    public void Stages_of_the_agent_know_only_what_they_stand_on(string stage, string others) => AssertNoUse("Skein.Agent", stage, others);

    // Two folders that know each other are one, and nobody can say which comes first.
    [Theory]
    [InlineData("Skein.Linux", "")]
    [InlineData("Skein.Model", "")]
    [InlineData("Skein.Manager", "")]
    [InlineData("Skein.Agent", "")]
    [InlineData("Skein", "")]
    public void No_two_folders_of_a_project_know_each_other(string project, string known)
    {
        var circles = Circles(project, s => s.Parts is ["src", var own, var folder, _, ..] && own == project ? folder : null);
        Assert.Equal(known.Split(' ', StringSplitOptions.RemoveEmptyEntries), circles);
    }

    [Fact]
    public void No_two_folders_of_the_containers_know_each_other() =>
        Assert.Equal([], Circles("Skein.Agent.Containers", s => s.Parts is ["src", "Skein.Agent", "Containers", _, _, ..] ? s.Parts[3] : null));

    [Fact]
    public void The_product_runs_no_tools_of_the_host()
    {
        var offenders = Sources()
            .Where(s => !s.Path.StartsWith("src/Skein/Lab/", StringComparison.Ordinal) && !s.Path.StartsWith("src/Skein/Commands/", StringComparison.Ordinal))
            .Where(s => ToolName().IsMatch(s.Text))
            .Select(s => s.Path);
        Assert.True(!offenders.Any(), $"ip, nft, ctr, etcdctl or docker run as a program: their real interfaces are used instead: {string.Join(", ", offenders)}");
    }

    // Who watches a log goes by them: one that means two things says nothing.
    [Theory]
    [InlineData("Skein", 1000, 1999)]
    [InlineData("Skein.Manager", 2000, 2999)]
    [InlineData("Skein.Agent", 3000, 4999)]
    public void An_event_of_the_log_has_an_id_of_its_own_in_the_range_of_its_project(string project, int first, int last)
    {
        var events = Sources()
            .Where(s => s.Path.StartsWith($"src/{project}/", StringComparison.Ordinal))
            .SelectMany(s => LogEvent().Matches(s.Text).Select(m => (Id: int.TryParse(m.Groups[1].Value, out var id) ? id : 0, s.Path)))
            .ToList();
        Assert.NotEmpty(events);
        var outside = events.Where(e => e.Id < first || e.Id > last).Select(e => $"{e.Id} in {e.Path}");
        var shared = events.GroupBy(e => e.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key} in {string.Join(" and ", g.Select(e => e.Path))}");
        Assert.Equal([], outside.Concat(shared));
    }

    [Fact]
    public void What_is_checked_by_a_pattern_is_checked_to_its_end()
    {
        var open = Sources()
            .SelectMany(s => Pattern().Matches(s.Text).Select(m => (s.Path, Text: Class().Replace(m.Groups[1].Value, ""))))
            .Where(pattern => LooseEnd().IsMatch(pattern.Text));
        Assert.True(!open.Any(), $"$ is also before a newline at the end, which a name of one line must not have: \\z: {string.Join(", ", open)}");
    }

    /// <param name="folderOf">null: it is none of them.</param>
    private static IEnumerable<string> Circles(string parent, Func<(string[] Parts, string Text), string?> folderOf)
    {
        var uses = Sources()
            .Select(s => (Parts: s.Path.Split('/'), s.Text))
            .SelectMany(s => Regex.Matches(s.Text, $@"^using (?:static )?{Regex.Escape(parent)}\.(\w+)", RegexOptions.Multiline)
                .Select(m => (From: folderOf(s), To: m.Groups[1].Value)))
            .Where(use => use.From is not null && use.From != use.To)
            .Select(use => (From: use.From!, use.To))
            .ToHashSet();
        return uses
            .Where(use => string.CompareOrdinal(use.From, use.To) < 0 && uses.Contains((use.To, use.From)))
            .Select(use => $"{use.From}-{use.To}")
            .Order(StringComparer.Ordinal);
    }

    private static void AssertNoUse(string project, string stage, string others)
    {
        var forbidden = others.Split(' ').Select(o => $"using {project}.{o}").ToList();
        var offenders = Sources()
            .Where(s => s.Path.StartsWith($"src/{project}/{stage}/", StringComparison.Ordinal))
            .SelectMany(s => s.Text.Split('\n').Where(line => forbidden.Any(f => line.StartsWith(f + ";", StringComparison.Ordinal) || line.StartsWith(f + ".", StringComparison.Ordinal)))
                .Select(line => $"{s.Path}: {line.Trim()}"));
        Assert.True(!offenders.Any(), $"{stage} must not know the stages beside it:\n{string.Join("\n", offenders)}");
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(SourceTree.Root, f))
            .Where(f => !f.Contains("/obj/") && !f.Contains("/bin/"))
            .Select(f => (f, File.ReadAllText(Path.Combine(SourceTree.Root, f))));

    [GeneratedRegex(@"\bunsafe\s*[{(a-z]|\[(LibraryImport|DllImport)\(")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"GeneratedRegex\(\s*(@?""[^\r\n]*)")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\[(?:\\.|[^\]\\])+\]")]
    private static partial Regex Class();

    [GeneratedRegex(@"(?<!\\)\$(?:""|\||\))")]
    private static partial Regex LooseEnd();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(\w*)")]
    private static partial Regex LogEvent();

    [GeneratedRegex(@"ProcessStartInfo\(\s*""(ip|nft|ctr|etcdctl|docker|iptables|bridge)""")]
    private static partial Regex ToolName();
}
