using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.HostTests.Store;

/// <summary>Real etcd members of one swarm on this host's loopback, each with its folder and its manager's certificate.</summary>
internal sealed class EtcdMembers : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-etcd-").FullName;
    private readonly List<EtcdMember> _all = [];

    public RootAuthority Authority { get; } = RootAuthority.Create(TimeProvider.System, new CryptoIdSource());

    public byte[] StoreKey { get; } = RandomNumberGenerator.GetBytes(ValueSeal.KeySize);

    public IReadOnlyList<EtcdMember> All => _all;

    public EtcdMember this[int index] => _all[index];

    private long? _quota;

    public static async Task<EtcdMembers> StartAsync(int count, long? quota = null)
    {
        var members = new EtcdMembers { _quota = quota };
        try
        {
            var ports = Enumerable.Range(0, count).Select(_ => LoopbackPorts.Take()).ToList();
            var initial = ports.Select((port, i) => ($"m{i + 1}", $"https://127.0.0.1:{port}")).ToList();
            var pace = count == 1 ? EtcdPace.Alone : EtcdPace.Several;
            for (var i = 0; i < count; i++) members.Add($"m{i + 1}", ports[i], new("test", true, initial), pace);
            foreach (var member in members._all) await member.Process.WaitReadyAsync(member.Client, Poll.Patience, default);
            return members;
        }
        catch
        {
            await members.DisposeAsync();
            throw;
        }
    }

    public EtcdMember Add(string name, int port, EtcdBootstrap bootstrap, EtcdPace pace)
    {
        var folder = Path.Combine(_folder, name);
        var identity = Identity(name, NodeRole.Manager);
        var options = new EtcdOptions("etcd", Path.Combine(folder, "etcd"), name, new(IPAddress.Loopback, port), $"https://127.0.0.1:{port}");
        if (_quota is { } quota) options = options with { QuotaBytes = quota };
        var member = new EtcdMember(options, EtcdProcess.Start(options, bootstrap, pace, identity, TimeProvider.System, NullLogger.Instance),
            new(options.SocketPath, identity), identity, StoreKey);
        _all.Add(member);
        return member;
    }

    public NodeIdentity Identity(string name, NodeRole role)
    {
        var identity = new NodeIdentity(Path.Combine(_folder, name, "certificates"), Issue(Authority, name, role, []), TimeProvider.System);
        identity.Save();
        return identity;
    }

    /// <param name="between">PEM of what is presented with it.</param>
    public NodeCredentials Issue(RootAuthority authority, string name, NodeRole role, byte[] between)
    {
        var request = CertificateSigningRequest.Create([IPAddress.Loopback]);
        var pem = authority.Issue(request.Pem, new(name, role, "swarm1"), RootAuthority.DefaultNodeLifetime);
        return NodeCredentials.Create([.. pem, .. between], request.KeyPem, Authority.CertificatePem);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _all) await member.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
