using System.Net;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class OverlayTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Containers_of_one_network_find_and_reach_each_other_across_hosts()
    {
        await Manager.OutputOfAsync("network create -d overlay --subnet 10.20.0.0/24 net1");
        await Manager.OutputOfAsync("network create -d overlay net2");
        await swarm.CreateAsync("--name web --mode global --network net1 httpd");
        await swarm.CreateAsync("--name caller --mode global --network net1 --stop-grace-period 0s busybox sleep 100000");
        await swarm.CreateAsync("--name stranger --network net2 --stop-grace-period 0s busybox sleep 100000");
        var (host, caller) = await swarm.AnyContainerOfAsync("caller");
        var docker = swarm.Host(host);

        // The leg on the overlay has an address of its subnet; the default route leaves by docker_gwbridge.
        Assert.Contains("inet 10.20.0.", await docker.OutputOfAsync($"exec {caller} ip addr"), StringComparison.Ordinal);
        Assert.Contains("default via 172.18.0.1", await docker.OutputOfAsync($"exec {caller} ip route"), StringComparison.Ordinal);
        Assert.Contains("nameserver 127.0.0.11", await docker.OutputOfAsync($"exec {caller} cat /etc/resolv.conf"), StringComparison.Ordinal);

        // The service's name is its virtual address; tasks.NAME is every task's.
        var virtualAddress = Assert.Single(await AddressesAsync(docker, caller, "web"));
        var tasks = await Poll.UntilAsync("all three tasks are known by name", () => AddressesAsync(docker, caller, "tasks.web"), found => found.Count == 3);
        Assert.DoesNotContain(virtualAddress, tasks);
        Assert.Contains(virtualAddress.ToString(), await Manager.OutputOfAsync("service inspect web"), StringComparison.Ordinal);

        foreach (var task in tasks)
            Assert.Contains("It works!", await docker.OutputOfAsync($"exec {caller} wget -q -O - http://{task}/"), StringComparison.Ordinal);

        // Every task answers on the virtual address in turn.
        HashSet<string> answered = [];
        for (var i = 0; i < 60 && answered.Count < 3; i++)
            answered.Add((await docker.OutputOfAsync($"exec {caller} wget -q -O - http://web/")).Split("container ")[1].Split(',')[0]);
        Assert.Equal(3, answered.Count);

        // Names of a network that one is not on, and names that are nowhere, do not exist; the LAN's resolver has the rest.
        Assert.Empty(await AddressesAsync(docker, caller, "stranger"));
        Assert.Empty(await AddressesAsync(docker, caller, "nothing"));
        Assert.Equal([IPAddress.Parse("192.168.56.250")], await AddressesAsync(docker, caller, "registry.lab"));

        await Manager.OutputOfAsync("service rm web caller stranger");
        foreach (var network in (string[])["net1", "net2"]) await Manager.RemoveNetworkAsync(network);
    }

    [Fact]
    public async Task A_container_is_known_by_its_service_its_aliases_and_its_own_name_and_by_its_address()
    {
        await Manager.OutputOfAsync("network create -d overlay named");
        await swarm.CreateAsync("--name known --constraint node.hostname==h2 --network name=named,alias=store httpd");
        await swarm.CreateAsync("--name asker --constraint node.hostname==h3 --network named --stop-grace-period 0s busybox sleep 100000");
        var asker = Assert.Single(await swarm.Host(3).ContainersOfAsync("asker"));
        var known = Assert.Single(await swarm.Host(2).ContainersOfAsync("known"));
        var name = (await swarm.Host(2).OutputOfAsync("inspect --format {{.Name}} " + known)).TrimStart('/');

        var virtualAddress = await AddressAsync("known");
        Assert.Equal(virtualAddress, await AddressAsync("store"));
        var own = await AddressAsync(name);
        Assert.Equal(own, await AddressAsync("tasks.known"));
        Assert.NotEqual(virtualAddress, own);
        Assert.Contains($"name = {name}.named", await swarm.Host(3).OutputOfAsync($"exec {asker} nslookup {own}"), StringComparison.Ordinal);
        foreach (var one in (string[])["known", "store"])
            Assert.Contains("It works!", await swarm.Host(3).OutputOfAsync($"exec {asker} timeout 20 wget -q -O - http://{one}/"), StringComparison.Ordinal);
        // Apache refuses a Host whose last label begins with a digit, as a task's id may.
        Assert.Contains("1 packets received", await swarm.Host(3).OutputOfAsync($"exec {asker} ping -c 1 -W 20 {name}"), StringComparison.Ordinal);

        await Manager.OutputOfAsync("service rm known asker");
        await Manager.RemoveNetworkAsync("named");

        async Task<IPAddress> AddressAsync(string question) => Assert.Single(await AddressesAsync(swarm.Host(3), asker, question));
    }

    [Fact]
    public async Task A_published_port_answers_on_every_host_with_the_clients_address()
    {
        await swarm.CreateAsync("--name shop --publish 8080:80 httpd");
        for (var host = 1; host <= 3; host++)
        {
            var address = LabFixture.Address(host);
            var page = await Poll.UntilAsync(
                $"port 8080 of {address} answers on the LAN",
                () => swarm.TryInsideAsync(0, $"curl -s -m 3 http://{address}:8080/"),
                result => result.ExitCode == 0);
            Assert.Contains("client 192.168.56.254", page.Output, StringComparison.Ordinal);
            Assert.Contains("It works!", await swarm.InsideAsync(host, "curl -s -m 20 http://127.0.0.1:8080/"), StringComparison.Ordinal);
        }

        var taken = await Manager.RunAsync("service", "create", "--detach", "--name", "rival", "--publish", "8080:80", "httpd");
        Assert.NotEqual(0, taken.ExitCode);
        Assert.Contains("port '8080' is already in use by service 'shop'", taken.Errors, StringComparison.Ordinal);
        await Manager.OutputOfAsync("service rm shop");
        await Poll.UntilAsync(
            "the port is closed again",
            () => swarm.TryInsideAsync(0, $"curl -s -m 3 http://{LabFixture.Address(2)}:8080/"),
            result => result.ExitCode != 0);
    }

    private static async Task<List<IPAddress>> AddressesAsync(Docker docker, string container, string name)
    {
        // busybox prints the server first ("Address:  127.0.0.11:53"), then "Address: A" or "Address 1: A" for each answer.
        var answer = await docker.RunAsync("exec", container, "nslookup", "-type=a", name);
        return [.. answer.Output.Split('\n')
            .SkipWhile(l => !l.StartsWith("Name:", StringComparison.Ordinal))
            .Where(l => l.StartsWith("Address", StringComparison.Ordinal))
            .Select(l => IPAddress.Parse(l.Split(": ")[1].Trim().Split(' ')[0]))
            .Distinct()];
    }
}
