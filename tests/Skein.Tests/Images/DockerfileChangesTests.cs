using Skein.Agent.Images;
using Skein.Api.Images.Changes;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public class DockerfileChangesTests
{
    private static readonly ImageConfig s_basis = ImageConfig.Empty with { Env = ["PATH=/bin", "HOME=/root"], Cmd = ["old"], WorkingDir = "/srv" };

    [Theory]
    [InlineData("CMD run it", "/bin/sh|-c|run it")]
    [InlineData("""CMD ["a", "b c"]""", "a|b c")]
    [InlineData("""cmd ["a", """, "/bin/sh|-c|[\"a\",")]
    [InlineData("CMD []", "")]
    public void A_command_is_a_list_or_a_shells(string change, string words) => Assert.Equal(words, string.Join('|', Apply(change).Cmd));

    [Fact]
    public void An_entrypoint_takes_the_command_away_unless_one_came_along()
    {
        Assert.Empty(Apply("""ENTRYPOINT ["a"]""").Cmd);
        Assert.Equal(["b"], Apply("""CMD ["b"]""", """ENTRYPOINT ["a"]""").Cmd);
    }

    [Theory]
    [InlineData("ENV a=1 b=\"2 3\" c=4\\ 5", "a=1|b=2 3|c=4 5")]
    [InlineData("ENV a 1  2", "a=1  2")]
    [InlineData("ENV a=$HOME/x b='$HOME' c=\"${HOME}\" d=\\$HOME", "a=/root/x|b=$HOME|c=/root|d=$HOME")]
    [InlineData("ENV a=${NONE:-x} b=${HOME:+y} c=${NONE-${HOME}} d=${NONE}", "a=x|b=y|c=/root|d=")]
    public void A_variable_is_set_with_others_in_it(string change, string added) =>
        Assert.Equal(added, string.Join('|', Apply(change).Env.Skip(2)));

    [Fact]
    public void A_variable_that_was_there_stands_where_it_stood() => Assert.Equal(["PATH=/bin:/sbin", "HOME=/root"], Apply("ENV PATH=$PATH:/sbin").Env);

    [Fact]
    public void What_else_can_be_changed()
    {
        var config = Apply(
            "EXPOSE 80 53/udp 8000-8001", "LABEL a=b \"c d\"=\"e f\"", "USER web:web", """VOLUME ["/data", "/logs"]""", "WORKDIR sub/../www", "STOPSIGNAL SIGINT",
            "# nothing", "ONBUILD RUN make \\", "  all", "HEALTHCHECK --interval=1m30s --retries=2 CMD curl localhost");
        Assert.Equal(["53/udp", "80/tcp", "8000/tcp", "8001/tcp"], config.ExposedPorts);
        Assert.Equal(("b", "e f"), (config.Labels["a"], config.Labels["c d"]));
        Assert.Equal(("web:web", "/srv/www", "SIGINT"), (config.User, config.WorkingDir, config.StopSignal));
        Assert.Equal(["/data", "/logs"], config.Volumes);
        Assert.Equal(["RUN make all"], config.OnBuild);
        Assert.Equal(new HealthConfig { Test = { "CMD-SHELL", "curl localhost" }, Interval = 90_000_000_000, Retries = 2 }, config.Healthcheck);
        Assert.Equal(["NONE"], Apply("HEALTHCHECK NONE").Healthcheck!.Test);
    }

    [Theory]
    [InlineData("RUN rm -rf /", "run is not a valid change command")]
    [InlineData("FROM scratch", "from is not a valid change command")]
    [InlineData("CMD", "dockerfile parse error on line 1: CMD requires at least one argument")]
    [InlineData("ENV a", "dockerfile parse error on line 1: ENV must have two arguments")]
    [InlineData("ENV a=1 b", "dockerfile parse error on line 1: Syntax error - can't find = in \"b\". Must be of the form: name=value")]
    [InlineData("ENV a=${HOME%x}", "dockerfile parse error on line 1: unsupported modifier (%) in substitution")]
    [InlineData("ENV a=${HOME", "dockerfile parse error on line 1: unexpected end of statement while looking for matching }")]
    [InlineData("EXPOSE 80:80", "dockerfile parse error on line 1: invalid containerPort: 80:80")]
    [InlineData("EXPOSE 70000", "dockerfile parse error on line 1: invalid containerPort: 70000")]
    [InlineData("STOPSIGNAL NOSUCH", "dockerfile parse error on line 1: invalid signal: NOSUCH")]
    [InlineData("HEALTHCHECK TRY x", "dockerfile parse error on line 1: Unknown type \"TRY\" in HEALTHCHECK (try CMD)")]
    [InlineData("ONBUILD ONBUILD RUN x", "dockerfile parse error on line 1: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    [InlineData("USER a b", "dockerfile parse error on line 1: USER requires exactly one argument")]
    public void What_cannot_be_is_refused(string change, string words) => Assert.Equal(words, Assert.Throws<SkeinException>(() => Apply(change)).Message);

    private static ImageConfig Apply(params string[] changes) => DockerfileChanges.Apply(s_basis, changes);
}
