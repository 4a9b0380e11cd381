using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Refusals;

[Collection(nameof(SharedSwarm))]
public sealed class ServiceRefusals(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task What_belongs_to_another_service_is_refused()
    {
        var id = await Manager.OutputOfAsync("service create --quiet --detach --name owner --publish 8101:80 httpd");
        await Manager.RunningAsync("owner", 1);
        await Manager.ChangesNothingAsync(async () =>
        {
            var taken = $"rpc error: code = InvalidArgument desc = port '8101' is already in use by service 'owner' ({id}) as an ingress port";
            await Manager.RefusesAsync("service create --name rival --publish 8101:80 httpd", taken);
            await Manager.RefusesAsync("service create --name rival --publish published=8101,target=80,mode=host httpd", taken);
            await Manager.RefusesAsync(
                "service create --name owner httpd",
                "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service owner already exists");
        });
        await Manager.OutputOfAsync("service rm owner");
    }

    [Theory]
    [InlineData("--name x --network nowhere httpd", "network nowhere not found")]
    [InlineData("--name x --network docker_gwbridge httpd", "network docker_gwbridge not found")]
    [InlineData("--name bad.name httpd", "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component")]
    [InlineData("--name bad_ httpd", "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component")]
    [InlineData("--name a234567890123456789012345678901234567890123456789012345678901234 httpd", "rpc error: code = InvalidArgument desc = name must be 63 characters or fewer")]
    [InlineData("--name x --no-resolve-image UPPER", "rpc error: code = InvalidArgument desc = ContainerSpec: \"UPPER\" is not a valid repository/tag")]
    [InlineData("--name x --constraint node.role httpd", "rpc error: code = Unknown desc = constraint expected one operator from ==, !=")]
    [InlineData("--name x --limit-memory 1k httpd", "rpc error: code = InvalidArgument desc = invalid memory value 1024: Must be at least 4MiB")]
    [InlineData("--name x --limit-cpu 0.0001 httpd", "rpc error: code = InvalidArgument desc = invalid cpu value 0.0001: Must be at least 0.001")]
    [InlineData(
        "--name x --endpoint-mode dnsrr --publish 8102:80 httpd",
        "rpc error: code = InvalidArgument desc = EndpointSpec: port published with ingress mode can't be used with dnsrr mode")]
    [InlineData(
        "--name x --publish 8102:80 --publish 8102:81 httpd",
        "rpc error: code = InvalidArgument desc = EndpointSpec: duplicate published ports provided")]
    public Task A_wish_that_makes_no_sense_is_refused(string wish, string message) =>
        Manager.ChangesNothingAsync(() => Manager.RefusesAsync("service create " + wish, message));

    [Fact]
    public async Task A_service_that_is_not_there_is_not_found()
    {
        foreach (var line in (string[])["rm nothing", "scale nothing=2", "update --force nothing", "rollback nothing"])
            await Manager.RefusesAsync("service " + line, "service nothing not found");
        Assert.Contains("no such service: nothing", (await Manager.RunAsync("service", "ps", "nothing")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_from_an_old_version_is_refused()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name stale --replicas 0 httpd");
        // The CLI reads the version just before it writes: only a client of its own can be late.
        const string socket = "/run/skein-lab-";
        var result = await ExternalProgram.RunAsync(
            "sh",
            "-c",
            $"s={socket}{swarm.Name}/h1/docker.sock; curl -s --unix-socket $s http://h/v1.45/services/stale"
            + " | jq .Spec | curl -s -w ' %{http_code}' --unix-socket $s -H 'Content-Type: application/json' -d @- 'http://h/v1.45/services/stale/update?version=1'");
        Assert.Equal("""{"message":"rpc error: code = Unknown desc = update out of sequence"} 500""", result.Succeeded());
        await Manager.OutputOfAsync("service rm stale");
    }
}
