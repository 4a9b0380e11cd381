using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.HostTests.Hosting;

public class RenewalOnAFullDiskTests
{
    [Fact]
    public async Task A_certificate_that_cannot_be_kept_is_not_used_and_another_is_had_when_there_is_space()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        var folder = Directory.CreateTempSubdirectory("skein-full-").FullName;
        try
        {
            using var disk = new SmallDisk(folder, "256k");
            var credentials = NodeIdentity.Load(Path.Combine(worker.Options.SwarmFolder, "certificates"), TimeProvider.System)!.Current;
            var identity = new NodeIdentity(folder, credentials, TimeProvider.System);
            identity.Save();
            var log = new RecentLog();
            var renewal = new CertificateRenewal(
                identity, new JoinClient(TimeProvider.System), () => [manager.Address], [IPAddress.Loopback], new(), TimeProvider.System, new CryptoIdSource(), log);

            disk.Fill();
            Assert.False(await renewal.TryRenewAsync(default).WaitAsync(Poll.Patience));
            Assert.Contains("could not be written and is not used: No space left on device", log.ToString());
            Assert.Same(credentials, identity.Current);
            Assert.Equal(credentials.KeyPem, NodeIdentity.Load(folder, TimeProvider.System)!.Current.KeyPem);

            disk.Free();
            Assert.True(await renewal.TryRenewAsync(default).WaitAsync(Poll.Patience));
            Assert.NotEqual(credentials.KeyPem, NodeIdentity.Load(folder, TimeProvider.System)!.Current.KeyPem);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
