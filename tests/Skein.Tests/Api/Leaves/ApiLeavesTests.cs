using System.Text.Json;
using System.Text.Json.Nodes;
using Skein.Model;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api.Leaves;

/// <summary>
/// Nothing is accepted and then dropped: every name that Docker's API knows in these requests is honoured, refused with a sentence, or
/// listed with the reason why it has no meaning here. Each is sent.
/// </summary>
public sealed class ApiLeavesTests : IDisposable
{
    // Requests that are refused whole, by who answers them.
    private static readonly Dictionary<string, string> s_refusedWhole = new()
    {
        ["unlock"] = "/swarm/unlock",
    };

    private readonly ControlWorld _world = new();

    public void Dispose() => _world.Control.Dispose();

    [Fact]
    public void Every_name_has_a_verdict_and_every_verdict_a_name()
    {
        Assert.DoesNotContain(ApiLeaf.All, leaf => !LeafVerdict.All.Any(v => v.Covers(leaf)));
        Assert.DoesNotContain(LeafVerdict.All, verdict => !ApiLeaf.All.Any(verdict.Covers));
        Assert.DoesNotContain(LeafVerdict.All, v => v.Word is not ("honoured" or "refused" or "without") || (v.Word != "honoured" && v.Words.Length == 0));
    }

    [Fact]
    public void Every_name_is_what_its_verdict_says()
    {
        var wrong = new List<string>();
        foreach (var verdict in LeafVerdict.All.Where(v => LeafReader.Basis.ContainsKey(v.Request)))
        {
            foreach (var leaf in ApiLeaf.All.Where(verdict.Covers))
            {
                if (Fault(verdict, leaf, verdict.Document(leaf, LeafReader.Basis[leaf.Request])) is { } fault) wrong.Add($"{leaf.Request} {leaf.Path} ({verdict.Word}): {fault}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_is_refused_whole_is_refused_with_each_of_its_names()
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        foreach (var leaf in ApiLeaf.All.Where(l => s_refusedWhole.ContainsKey(l.Request)))
        {
            var verdict = LeafVerdict.All.Single(v => v.Covers(leaf));
            var (status, body) = await server.PostAsync(s_refusedWhole[leaf.Request], verdict.Document(leaf, "{}").ToJsonString());
            Assert.True(status is 501 or 409, $"{leaf}: {status}");
            Assert.Contains(verdict.Words, JsonDocument.Parse(body).RootElement.GetProperty("message").GetString());
        }
    }

    private static string? Fault(LeafVerdict verdict, ApiLeaf leaf, JsonObject document)
    {
        var (read, refusal) = Try(leaf.Request, document);
        if (verdict.Word == "refused") return refusal?.Contains(verdict.Words, StringComparison.Ordinal) == true ? null : $"should be refused: {refusal ?? "taken"}";
        if (read is not { } taken) return $"refused: {refusal}";
        return verdict.Word == "without" ? null : Dropped(verdict, leaf, document, taken.Model) ?? NotShown(verdict, leaf, document, taken.Shown);
    }

    /// <summary>Without the leaf the model is another, or there is none.</summary>
    private static string? Dropped(LeafVerdict verdict, ApiLeaf leaf, JsonObject document, string model)
    {
        var without = document.DeepClone().AsObject();
        ApiLeaf.Find(without, leaf.Path, remove: true);
        return Try(leaf.Request, without).Read?.Model == model ? $"dropped: {verdict.Sample}" : null;
    }

    private static string? NotShown(LeafVerdict verdict, ApiLeaf leaf, JsonObject document, string? shown)
    {
        if (shown is null) return null;
        var sent = ApiLeaf.Find(document, leaf.Path);
        var seen = ApiLeaf.Find(JsonNode.Parse(shown), verdict.Words.Length > 0 ? verdict.Words : leaf.Path);
        return JsonNode.DeepEquals(sent, seen) ? null : $"sent {sent?.ToJsonString()}, shown {seen?.ToJsonString()}";
    }

    private static ((string Model, string? Shown)? Read, string? Refusal) Try(string request, JsonObject document)
    {
        try
        {
            return (LeafReader.Read(request, document.ToJsonString()), null);
        }
        catch (SkeinException refusal)
        {
            return (null, refusal.Message);
        }
    }
}
