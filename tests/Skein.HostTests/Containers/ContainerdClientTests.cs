using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Skein.Agent.Containerd.ContentApi;
using Skein.Agent.Containerd.IntrospectionApi;
using Skein.Agent.Containerd.LeasesApi;
using Skein.Agent.Containerd.NamespacesApi;
using Skein.Agent.Containerd.SnapshotsApi;
using Xunit;

namespace Skein.HostTests.Containers;

public sealed class ContainerdClientTests
{
    [Fact]
    public async Task SpeaksContainerdsWireFormat()
    {
        await using var containerd = await ContainerdProcess.StartAsync();
        var client = containerd.Client;

        Assert.StartsWith("1.", (await client.VersionAsync(default)).Version);
        var plugins = await client.Introspection.PluginsAsync(new PluginsRequest { Filters = { "type==io.containerd.snapshotter.v1" } });
        Assert.Contains(plugins.Plugins, plugin => plugin.Id == "overlayfs" && plugin.Exports.Count > 0);

        var lease = await client.Leases.CreateAsync(new CreateRequest { Id = "pull", Labels = { ["a"] = "b" } });
        Assert.Equal("b", lease.Lease.Labels["a"]);
        var leased = client.WithLease("pull");
        var digest = await WriteAsync(leased.Content, "hello"u8.ToArray(), new() { ["containerd.io/x"] = "y" });
        var info = (await client.Content.InfoAsync(new InfoRequest { Digest = digest })).Info;
        Assert.Equal((5, "y"), (info.Size, info.Labels["containerd.io/x"]));
        Assert.InRange(info.CreatedAt.ToDateTime(), DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
        info.Labels["containerd.io/x"] = "z";
        var updated = await client.Content.UpdateAsync(new UpdateRequest { Info = info, UpdateMask = new FieldMask { Paths = { "labels.containerd.io/x" } } });
        Assert.Equal("z", updated.Info.Labels["containerd.io/x"]);

        await leased.Snapshots.PrepareAsync(new PrepareSnapshotRequest { Snapshotter = "overlayfs", Key = "work" });
        await leased.Snapshots.CommitAsync(new CommitSnapshotRequest { Snapshotter = "overlayfs", Name = "base", Key = "work" });
        var top = await leased.Snapshots.PrepareAsync(new PrepareSnapshotRequest { Snapshotter = "overlayfs", Key = "top", Parent = "base" });
        Assert.Equal("overlay", Assert.Single(top.Mounts).Type);
        Assert.Contains(top.Mounts[0].Options, option => option.StartsWith("upperdir=", StringComparison.Ordinal));
        var stat = await client.Snapshots.StatAsync(new StatSnapshotRequest { Snapshotter = "overlayfs", Key = "top" });
        Assert.Equal(("base", Kind.Active), (stat.Info.Parent, stat.Info.Kind));

        var held = await client.Leases.ListResourcesAsync(new ListResourcesRequest { Id = "pull" });
        Assert.Contains(held.Resources, resource => resource.Type == "content" && resource.Id == digest);
        Assert.Contains(held.Resources, resource => resource.Type == "snapshots/overlayfs" && resource.Id == "top");
        await client.Leases.DeleteAsync(new DeleteRequest { Id = "pull", Sync = true });
        var gone = await Assert.ThrowsAsync<RpcException>(() => client.Content.InfoAsync(new InfoRequest { Digest = digest }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
        var namespaces = await client.Namespaces.ListAsync(new ListNamespacesRequest());
        Assert.Contains(namespaces.Namespaces, found => found.Name == client.Namespace);
    }

    internal static async Task<string> WriteAsync(Content.ContentClient content, byte[] data, Dictionary<string, string> labels)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(data));
        using var write = content.Write();
        var request = new WriteContentRequest
        {
            Action = WriteAction.Commit,
            Ref = digest,
            Total = data.Length,
            Expected = digest,
            Data = UnsafeByteOperations.UnsafeWrap(data),
        };
        request.Labels.Add(labels);
        await write.RequestStream.WriteAsync(request);
        await write.RequestStream.CompleteAsync();
        await foreach (var answer in write.ResponseStream.ReadAllAsync())
            Assert.Equal(digest, answer.Digest);
        return digest;
    }
}
