using System.Security.Cryptography;
using System.Text;
using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public class PushPlannerTests
{
    private readonly Dictionary<string, byte[]> _here = [];
    private readonly HashSet<string> _there = [];

    [Fact]
    public async Task Documents_go_after_what_they_name_and_blobs_once()
    {
        var (one, two) = (Image("amd64", "base", "one"), Image("arm64", "base", "two"));
        var index = Index(one, two);

        var plan = await Planner.TryPlanAsync(index);

        Assert.Equal([one.Digest, two.Digest, index.Digest], plan!.Documents.Select(document => document.Descriptor.Digest));
        Assert.Equal(["config amd64", "base", "one", "config arm64", "two"], plan.Blobs.Select(blob => NameOf(blob.Digest)));
        Assert.Equal(index, plan.Target);
    }

    [Fact]
    public async Task An_index_of_which_a_part_is_missing_goes_as_the_one_image_that_is_here()
    {
        var (one, two) = (Image("amd64", "one"), Image("arm64", "two"));
        var index = Index(one, two);
        _here.Remove(two.Digest);

        Assert.Null(await Planner.TryPlanAsync(index));
        Assert.Equal(one.Digest, (await Planner.PlanOneAsync(index, null, "app:1")).Target.Digest);
        Assert.Equal(
            "image with reference app:1 was found but does not provide the specified platform (linux/arm64)",
            (await Assert.ThrowsAsync<SkeinException>(() => Planner.PlanOneAsync(index, new("linux", "arm64", ""), "app:1"))).Message);
    }

    [Fact]
    public async Task What_the_registry_has_already_is_not_missing()
    {
        var (one, two) = (Image("amd64", "one"), Image("arm64", "two"));
        var index = Index(one, two);
        _here.Remove(two.Digest);
        _there.Add(two.Digest);

        Assert.Equal([one.Digest, index.Digest], (await Planner.TryPlanAsync(index))!.Documents.Select(document => document.Descriptor.Digest));
    }

    [Fact]
    public async Task A_manifest_whose_layer_is_missing_is_none()
    {
        var (one, two) = (Image("amd64", "one"), Image("arm64", "two"));
        _here.Remove(DigestOf("two"));
        Assert.Null(await Planner.TryPlanAsync(Index(one, two)));
        Assert.Equal(one.Digest, (await Planner.PlanOneAsync(Index(one, two), null, "app:1")).Target.Digest);
    }

    [Fact]
    public async Task Of_several_one_is_named_by_its_platform()
    {
        var (arm, power) = (Image("arm64", "two"), Image("ppc64le", "three"));
        var index = Index(arm, power, Image("s390x", "four"));
        _here.Remove(DigestOf("four"));

        Assert.Equal(power.Digest, (await Planner.PlanOneAsync(index, new("linux", "ppc64le", ""), "app:1")).Target.Digest);
        // What is built with provenance says v8 of arm64, and who asks says nothing.
        Assert.Equal(arm.Digest, (await Planner.PlanOneAsync(index, new("linux", "arm64", "v8"), "app:1")).Target.Digest);
        Assert.Equal(
            "multiple matching manifests found but no specific platform requested",
            (await Assert.ThrowsAsync<SkeinException>(() => Planner.PlanOneAsync(index, null, "app:1"))).Message);
    }

    [Fact]
    public async Task How_it_was_built_is_no_image()
    {
        var one = Image("amd64", "one");
        var attested = Image("unknown", "provenance") with { Annotations = new() { ["vnd.docker.reference.type"] = "attestation-manifest" } };
        var index = Index(one, attested, Image("arm64", "two"));
        _here.Remove(DigestOf("two"));
        Assert.Equal(one.Digest, (await Planner.PlanOneAsync(index, null, "app:1")).Target.Digest);
    }

    [Fact]
    public async Task An_index_within_itself_ends()
    {
        var inner = Index(Image("amd64", "one"));
        for (var depth = 0; depth < 5; depth++) inner = Index(inner);
        Assert.Null(await Planner.TryPlanAsync(inner));
    }

    private PushPlanner Planner => new(
        document => Task.FromResult(_here.GetValueOrDefault(document.Digest)),
        blob => Task.FromResult(_here.ContainsKey(blob.Digest)),
        manifest => Task.FromResult(_there.Contains(manifest.Digest)));

    private OciDescriptor Image(string architecture, params string[] layers)
    {
        var manifest = new OciManifest
        {
            SchemaVersion = 2,
            Config = Add(Encoding.UTF8.GetBytes($"config {architecture}"), MediaTypes.OciConfig),
            Layers = [.. layers.Select(layer => Add(Encoding.UTF8.GetBytes(layer), MediaTypes.OciLayerGzip))],
        };
        return Add(ImageJson.Write(manifest), MediaTypes.OciManifest) with { Platform = new OciPlatform { Os = "linux", Architecture = architecture } };
    }

    private OciDescriptor Index(params OciDescriptor[] children) =>
        Add(ImageJson.Write(new OciManifest { SchemaVersion = 2, Manifests = [.. children] }), MediaTypes.OciIndex);

    private OciDescriptor Add(byte[] bytes, string mediaType)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        _here[digest] = bytes;
        return new OciDescriptor { MediaType = mediaType, Digest = digest, Size = bytes.Length };
    }

    private string NameOf(string digest) => Encoding.UTF8.GetString(_here[digest]);

    private static string DigestOf(string text) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
