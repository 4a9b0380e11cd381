using System.Globalization;
using Skein.Model.Identity;

namespace Skein.Manager.Store;

/// <summary>etcd's command line.</summary>
internal static class EtcdArguments
{
    // Go takes no wish for TLS 1.3 alone from etcd's flags, and the list of suites binds only TLS 1.2. This suite needs an
    // RSA certificate, which no node has: a TLS 1.2 handshake finds no suite and ends, 1.3 is what remains.
    private const string SuiteThatNobodyCanUse = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

    public static IReadOnlyList<string> Of(EtcdOptions options, EtcdBootstrap? bootstrap, EtcdPace pace, string nodePath, string root)
    {
        List<string> arguments =
        [
            "--name", options.Name,
            "--data-dir", options.DataFolder,
            "--listen-client-urls", $"unixs://{EtcdOptions.SocketName}",
            "--advertise-client-urls", $"unixs://{EtcdOptions.SocketName}",
            "--listen-peer-urls", $"https://{options.PeerListen}",
            "--initial-advertise-peer-urls", options.PeerUrl,
            .. Tls(options, nodePath, options.RootPath(root)),
            "--heartbeat-interval", Milliseconds(pace.Heartbeat),
            "--election-timeout", Milliseconds(pace.Election),
            // A dead leader that comes back must not unseat the living one by its old term.
            "--pre-vote",
            // etcd would refuse a second new member for five seconds after the first; ours come as learners, which risk nothing.
            "--strict-reconfig-check=false",
            // One transaction carries a whole burst of a control loop.
            "--max-txn-ops", "20000",
            "--max-request-bytes", "33554432",
            "--quota-backend-bytes", options.QuotaBytes.ToString(CultureInfo.InvariantCulture),
            "--auto-compaction-mode", "periodic",
            "--auto-compaction-retention", "10m",
            // A forced cluster's log does not say all that its member has applied: the tail of it that was not known as committed is dropped, and
            // what is written in its place the member skips, having applied as much already. Who came later and followed the log would have
            // another state, so that its first run leaves a snapshot behind, which is what others are given.
            "--snapshot-count", bootstrap is { Forced: true } ? "1" : "10000",
            "--enable-grpc-gateway=false",
            "--logger", "zap",
            "--log-level", "warn",
            "--log-outputs", options.LogPath,
        ];
        if (bootstrap is not null) arguments.AddRange(Begin(bootstrap));
        if (bootstrap is { Forced: true }) arguments.Add("--force-new-cluster");
        return arguments;
    }

    private static IEnumerable<string> Tls(EtcdOptions options, string nodePath, string rootPath) =>
    [
        "--cert-file", nodePath,
        "--key-file", nodePath,
        "--trusted-ca-file", rootPath,
        "--client-cert-auth",
        "--client-cert-allowed-hostname", CertificateName.ManagerRole,
        "--peer-cert-file", nodePath,
        "--peer-key-file", nodePath,
        "--peer-trusted-ca-file", rootPath,
        "--peer-client-cert-auth",
        "--peer-crl-file", options.RevokedPath,
        "--peer-cert-allowed-hostname", CertificateName.ManagerRole,
        // The source address of a manager with several need not be the one it advertises.
        "--experimental-peer-skip-client-san-verification",
        "--cipher-suites", SuiteThatNobodyCanUse,
    ];

    private static IEnumerable<string> Begin(EtcdBootstrap bootstrap) =>
    [
        "--initial-cluster-token", bootstrap.ClusterToken,
        "--initial-cluster-state", bootstrap.NewCluster ? "new" : "existing",
        "--initial-cluster", string.Join(',', bootstrap.Members.Select(member => $"{member.Name}={member.PeerUrl}")),
    ];

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
