using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>A host and a swarm as Ansible's modules for Docker keep them: Debian's Ansible with the collection community.docker. The playbooks stand in ansible/.</summary>
[Collection(nameof(SharedHost))]
public sealed class AnsibleTests(ClientHost host)
{
    private const string Collections = "/usr/local/lib/skein-lab/ansible_collections";

    /// <summary>Whatever is shown in another form than it was asked for, Ansible would make anew at each run.</summary>
    [Theory]
    [InlineData("host.yml")]
    [InlineData("swarm.yml")]
    public async Task A_playbook_makes_it_so_once_and_takes_it_away(string playbook)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Collections, "community", "docker")), "Ansible's collection community.docker is not installed");
        Assert.DoesNotContain(" changed=0 ", await PlayAsync(playbook, "present"));
        var again = await PlayAsync(playbook, "present");
        Assert.True(again.Contains(" changed=0 ", StringComparison.Ordinal), again);
        Assert.DoesNotContain(" changed=0 ", await PlayAsync(playbook, "absent"));
    }

    private async Task<string> PlayAsync(string playbook, string wanted) => (await ExternalProgram.RunAsync(
        "env",
        $"ANSIBLE_COLLECTIONS_PATH={Path.GetDirectoryName(Collections)}",
        $"ANSIBLE_HOME={Path.Combine(AppContext.BaseDirectory, "ansible", "home")}",
        "ANSIBLE_PIPELINING=1",
        "ANSIBLE_NOCOLOR=1",
        "ANSIBLE_LOCALHOST_WARNING=0",
        "ansible-playbook", "--diff", "-i", "localhost,", "-e", $"socket=unix://{host.Socket}", "-e", $"wanted={wanted}", Path.Combine(AppContext.BaseDirectory, "ansible", playbook))).Succeeded();
}
