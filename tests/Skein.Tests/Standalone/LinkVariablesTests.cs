using System.Net;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Images;
using Skein.Agent.Standalone;
using Xunit;

namespace Skein.Tests.Standalone;

/// <summary>What dockerd 20.10 gives a container with `--link db:my-db`.</summary>
public sealed class LinkVariablesTests
{
    [Fact]
    public void The_variables_are_Dockers() => Assert.Equal("""
        MY_DB_PORT=tcp://172.17.0.2:5432
        MY_DB_PORT_5432_TCP=tcp://172.17.0.2:5432
        MY_DB_PORT_5432_TCP_ADDR=172.17.0.2
        MY_DB_PORT_5432_TCP_PORT=5432
        MY_DB_PORT_5432_TCP_PROTO=tcp
        MY_DB_PORT_9000_TCP=tcp://172.17.0.2:9000
        MY_DB_PORT_9000_TCP_ADDR=172.17.0.2
        MY_DB_PORT_9000_TCP_PORT=9000
        MY_DB_PORT_9000_TCP_PROTO=tcp
        MY_DB_PORT_9001_TCP=tcp://172.17.0.2:9001
        MY_DB_PORT_9001_TCP_ADDR=172.17.0.2
        MY_DB_PORT_9001_TCP_PORT=9001
        MY_DB_PORT_9001_TCP_PROTO=tcp
        MY_DB_PORT_9002_UDP=udp://172.17.0.2:9002
        MY_DB_PORT_9002_UDP_ADDR=172.17.0.2
        MY_DB_PORT_9002_UDP_PORT=9002
        MY_DB_PORT_9002_UDP_PROTO=udp
        MY_DB_PORT_9000_TCP_START=tcp://172.17.0.2:9000
        MY_DB_PORT_9000_TCP_PORT_START=9000
        MY_DB_PORT_9000_TCP_END=tcp://172.17.0.2:9001
        MY_DB_PORT_9000_TCP_PORT_END=9001
        MY_DB_NAME=/web/my-db
        MY_DB_ENV_A=1=2
        MY_DB_ENV_EMPTY=
        """,
        string.Join('\n', LinkVariables.Of(
            "my-db", "web", IPAddress.Parse("172.17.0.2"), ["9002/udp", "9001/tcp", "9000/tcp", "5432"], ["A=1=2", "EMPTY=", "HOME=/root", "PATH=/bin"])));

    [Fact]
    public void One_without_ports_has_its_name_alone() =>
        Assert.Equal(["DB_NAME=/web/db"], LinkVariables.Of("db", "web", IPAddress.Parse("172.17.0.2"), [], []));

    // An image says what it likes.
    [Theory]
    [InlineData("80/foo")]
    [InlineData("80-90/tcp")]
    [InlineData("70000/tcp")]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("80/tcp/udp")]
    public void What_is_no_port_is_no_variable_and_keeps_no_other_from_being_one(string exposed) => Assert.Equal(
        ["DB_PORT=tcp://172.17.0.2:81", "DB_PORT_81_TCP=tcp://172.17.0.2:81", "DB_PORT_81_TCP_ADDR=172.17.0.2", "DB_PORT_81_TCP_PORT=81", "DB_PORT_81_TCP_PROTO=tcp", "DB_NAME=/web/db"],
        LinkVariables.Of("db", "web", IPAddress.Parse("172.17.0.2"), [exposed, "81/tcp", "81/TCP"], []));

    [Fact]
    public void Each_start_has_its_own_and_what_the_user_has_set_stays()
    {
        var first = StandaloneSpecs.Tell(SpecWith("PATH=/bin", "DB_NAME=mine"), ["DB_PORT=tcp://172.17.0.2:1", "DB_NAME=/web/db", "DB_ENV_OLD=1"]);
        Assert.Equal(["PATH=/bin", "DB_NAME=mine", "DB_PORT=tcp://172.17.0.2:1", "DB_ENV_OLD=1"], first.Process.Env);
        var second = StandaloneSpecs.Tell(first, ["DB_PORT=tcp://172.17.0.9:1", "DB_NAME=/web/db"]);
        Assert.Equal(["PATH=/bin", "DB_NAME=mine", "DB_PORT=tcp://172.17.0.9:1"], second.Process.Env);
        Assert.Null(StandaloneSpecs.Tell(second, []).Annotations);
    }

    private static OciSpec SpecWith(params string[] environment)
    {
        var image = new ImageConfig([], ["sh"], [], "", "", [], [], new Dictionary<string, string>(), "", null);
        var spec = new OciSpecBuilder("/skein", new(Unified: false, LimitsSwap: true), null).Build(new() { Id = "c", Spec = new() }, image, new OciUser(0, 0), []);
        return spec with { Process = spec.Process with { Env = environment } };
    }
}
