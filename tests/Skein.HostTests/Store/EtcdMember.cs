using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Leadership;
using Skein.Manager.Store;
using Skein.Model.Identity;

namespace Skein.HostTests.Store;

internal sealed class EtcdMember(EtcdOptions options, EtcdProcess process, EtcdClient client, NodeIdentity identity, byte[] storeKey) : IAsyncDisposable
{
    private bool _ended;

    public EtcdOptions Options => options;

    public EtcdProcess Process => process;

    public EtcdClient Client => client;

    public NodeIdentity Identity => identity;

    public KeyRing Keys { get; } = new([storeKey]);

    /// <summary>The claim without the short deadlines of its calls, which a slow disk misses: its clock stands an hour ahead.</summary>
    public LeaderClaim Claim => new(client, Unhurried);

    public static TimeProvider Unhurried => new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(1));

    public Task<EtcdStore> OpenStoreAsync() =>
        EtcdStore.OpenAsync(client, Keys, TimeProvider.System, NullLogger.Instance, default).WaitAsync(Poll.Patience);

    /// <summary>The member is gone for good, by SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_ended) return;
        _ended = true;
        await process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        client.Dispose();
    }
}
