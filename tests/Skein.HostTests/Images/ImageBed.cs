using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containerd.LeasesApi;
using Skein.Agent.Images;
using Skein.HostTests.Containers;
using Xunit;

namespace Skein.HostTests.Images;

/// <summary>One containerd and one registry for a class of tests; each test makes images of its own.</summary>
public sealed class ImageBed : IAsyncLifetime
{
    internal ContainerdProcess Containerd { get; private set; } = null!;

    internal RegistryProcess Registry { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Registry = await RegistryProcess.StartAsync();
        Containerd = await ContainerdProcess.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Also after an InitializeAsync that failed.
        if (Registry is not null) await Registry.DisposeAsync();
        if (Containerd is not null) await Containerd.DisposeAsync();
    }

    internal ImageStore NewStore(WatchedTransport? transport = null, string? mirror = null) => new(
        Containerd.Client,
        new RegistryConfig([mirror ?? Registry.Url], []),
        Path.Combine(Containerd.Folder, "work"),
        TimeProvider.System,
        NullLoggerFactory.Instance,
        transport is null ? null : _ => transport);

    /// <summary>A synchronous deletion of any lease collects all garbage before it answers.</summary>
    internal async Task CollectGarbageAsync()
    {
        await Containerd.Client.Leases.CreateAsync(new CreateRequest { Id = "test-gc" });
        await Containerd.Client.Leases.DeleteAsync(new DeleteRequest { Id = "test-gc", Sync = true });
    }
}
